import { describe, expect, it } from 'vitest';

import { drawnTrace } from '../../fixtures/drawn-trace.ts';
import { tableOf } from '../../fixtures/generate.ts';
import { type Change, WhatIf, type WhatIfOptions } from './what-if.ts';

// |--------------checkout--------------|
//   |---payments---|  |---stock---|          one after the other
//   |------audit------|                      beside payments
const CHECKOUT = `
  checkout SERVER 0-100 http.request.method=POST http.route=/checkout
    checkout CLIENT 0-50
      shop/payments SERVER 5-45
    checkout CLIENT 0-40
      audit SERVER 0-40
    checkout CLIENT 50-90
      stock SERVER 50-90
        stock CLIENT 60-70 db.system.name=mysql db.namespace=stock`;

function outcome(changes: readonly Change[], drawings = [CHECKOUT], options?: WhatIfOptions) {
  const table = tableOf(
    drawings.flatMap((drawing, at) => drawnTrace(drawing, (at + 1).toString(16).padStart(32, '0'))),
  );
  const whatIf = new WhatIf(table.dictionary, changes, options);
  whatIf.observe(table);
  return whatIf;
}

const after = (...changes: Change[]) => outcome(changes).entryPoints()[0]!.after.quantile(0.5);

describe('what if', () => {
  it('times each request anew: what waits moves up, until another holds it up', () => {
    expect(after({ service: 'payments', factor: 1 })).toBe(100);
    expect(after({ service: 'payments', factor: 2 })).toBe(140);
    // The way there and back takes 10 still.
    expect(after({ service: 'shop/payments', factor: 0.9 })).toBe(96);
    // Then stock waits for audit instead.
    expect(after({ service: 'payments', factor: 0 })).toBe(90);
    expect(after({ service: 'payments', factor: 0 }, { service: 'audit', factor: 0 })).toBe(60);
    // Its database has the same name, and stays as fast as it was.
    expect(after({ service: 'stock', factor: 0.5 })).toBe(85);
    expect(after({ service: 'database:stock', factor: 0 })).toBe(90);
  });

  it('counts requests by entry point, changed or not, complete ones only', () => {
    const other = 'admin SERVER 0-70 http.request.method=GET http.route=/';
    const orphan = 'checkout SERVER 0-90 parent=ff http.request.method=POST http.route=/checkout';
    const whatIf = outcome([{ service: 'payments', factor: 0.5 }], [CHECKOUT, other, CHECKOUT, orphan]);
    expect(whatIf.entryPoints()).toMatchObject([
      { service: 'checkout', operation: 'POST /checkout', traceCount: 2, changedTraceCount: 2 },
      { service: 'admin', operation: 'GET /', traceCount: 1, changedTraceCount: 0 },
    ]);
    expect(whatIf.incompleteTraceCount).toBe(1);
    expect([...whatIf.unseen]).toEqual([]);
    expect(whatIf.entryPoints()[1]!.after.quantile(0.5)).toBe(70);
  });

  it('tells of names that no trace knows', () => {
    const whatIf = outcome([{ service: 'paymnts', factor: 0.5 }]);
    expect([...whatIf.unseen]).toEqual(['paymnts']);
    expect([...whatIf.nodeIds].sort()).toEqual(['audit', 'checkout', 'database:stock', 'shop/payments', 'stock']);
  });
});
