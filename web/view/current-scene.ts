import { closedFrames } from './closed-groups.ts';
import { selectedServices } from './highlight.ts';
import { sceneOf, type Scene } from './scene.ts';
import type { Session } from './session.ts';

/** What the map shows just now; undefined while there is nothing to show, and in the matrix. */
export function currentScene(session: Session): Scene | undefined {
  const lookup = session.lookup.value;
  const plan = session.plan.value;
  if (lookup === undefined || plan === undefined || lookup.services.size === 0) return undefined;
  const { overlays, selection, toggled } = session.view.value;
  const selected = selectedServices(selection, lookup);
  return sceneOf(lookup, plan, overlays, selected, closedFrames(plan, lookup, { toggled }, selected));
}
