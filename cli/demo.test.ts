import { describe, expect, it } from 'vitest';

import type { Analysis } from '../analyzer/model/analysis.ts';
import { startCommand } from '../fixtures/command.ts';

describe('the demo', () => {
  it('shows a real system with its circle, its critical path and its scope, and leaves nothing running', async () => {
    const demo = startCommand(['demo', '--port', '0', '--otlp-port', '0', '--requests-per-second', '20']);
    const [, web] = await demo.printed(/ringfence demo {3}(\S+)/);
    let analysis: Analysis | undefined;
    for (let waitedMs = 0; waitedMs < 110_000; waitedMs += 500) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      analysis = (await (await fetch(`${web!}/api/v1/analysis`)).json()) as Analysis;
      if (isWhole(analysis)) break;
    }
    expect(analysis!.cycles.map((cycle) => cycle.services)).toContainEqual([
      'compute/droplets',
      'money/billing',
      'money/accounts',
    ]);
    expect(analysis!.services.filter(({ kind }) => kind === 'service').length).toBeGreaterThanOrEqual(13);
    expect(analysis!.services.filter(({ pci }) => pci.class === 'cde').map(({ id }) => id)).toEqual([
      'edge/bff',
      'money/card-vault',
      'money/payments',
    ]);
    const [cycle] = analysis!.cycles.filter((candidate) => candidate.witnessTraceId !== null);
    const trace = await fetch(`${web!}/api/v1/traces/${cycle!.witnessTraceId!}`);
    expect(trace.status).toBe(200);
    expect((await fetch(web!)).headers.get('content-security-policy')).toContain("script-src 'self'");

    const [, cloud] = await demo.printed(/They serve at (\S+);/);
    expect(await demo.interrupt()).toBe(0);
    await expect(fetch(cloud!)).rejects.toThrow();
  }, 180_000);
});

function isWhole({ cycles, services }: Analysis): boolean {
  return cycles.some((cycle) => cycle.class === 're-entrant') && services.some(({ id }) => id === 'money/card-vault');
}
