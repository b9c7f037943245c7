import type { Box } from '../layout/geometry.ts';
import { centreOf } from '../layout/geometry.ts';

export type Direction = 'left' | 'right' | 'up' | 'down';

/** The nearest box in a direction, as the eye sees it: distance ahead, plus twice the distance aside. */
export function nearestInDirection(
  boxes: Iterable<readonly [id: string, box: Box]>,
  from: Box,
  direction: Direction,
): string | undefined {
  const start = centreOf(from);
  let best: { id: string; cost: number } | undefined;
  for (const [id, box] of boxes) {
    const { x, y } = centreOf(box);
    const [dx, dy] = [x - start.x, y - start.y];
    const [ahead, aside] =
      direction === 'left' ? [-dx, dy] : direction === 'right' ? [dx, dy] : direction === 'up' ? [-dy, dx] : [dy, dx];
    if (ahead <= 1) continue;
    const cost = ahead + 2 * Math.abs(aside);
    if (best === undefined || cost < best.cost || (cost === best.cost && id < best.id)) best = { id, cost };
  }
  return best?.id;
}
