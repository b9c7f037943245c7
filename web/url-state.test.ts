import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeView, encodeView } from './url-state.ts';
import { arrangementNames, initialView, tabs, timeWindows, type ViewState } from './view/session.ts';

const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });

const spans = fc
  .tuple(fc.integer({ min: 0, max: 4_000_000_000_000 }), fc.integer({ min: 1, max: 1e10 }))
  .map(([fromMs, lengthMs]) => ({ fromMs, toMs: fromMs + lengthMs }));

const views: fc.Arbitrary<ViewState> = fc.record({
  window: fc.constantFrom(...timeWindows),
  environment: fc.option(words),
  tab: fc.constantFrom(...tabs),
  arrangement: fc.constantFrom(...arrangementNames),
  focus: fc.record({
    centre: fc.option(words),
    up: fc.integer({ min: 0, max: 5 }),
    down: fc.integer({ min: 0, max: 5 }),
  }),
  toggled: fc.uniqueArray(words, { maxLength: 4 }).map((keys) => keys.sort()),
  selection: fc.option(
    fc.oneof(
      fc.record({ kind: fc.constant('service' as const), id: words }),
      fc.record({ kind: fc.constant('finding' as const), id: words }),
      fc.record({ kind: fc.constant('dependency' as const), caller: words, callee: words }),
    ),
  ),
  traceId: fc.option(words),
  why: fc.record({ caller: fc.string(), callee: fc.string() }),
  compare: fc.record({ before: fc.option(spans), after: fc.option(spans) }),
  overlays: fc.record({ path: fc.boolean(), cycles: fc.boolean(), scope: fc.boolean(), async: fc.boolean() }),
  camera: fc.option(
    fc.record({
      x: fc.integer({ min: -100_000, max: 100_000 }),
      y: fc.integer({ min: -100_000, max: 100_000 }),
      zoom: fc.integer({ min: 60, max: 3000 }).map((thousandths) => thousandths / 1000),
    }),
  ),
});

describe('the address', () => {
  it('brings back every view', () => {
    fc.assert(
      fc.property(views, (view) => {
        expect(decodeView(encodeView(view))).toEqual(view);
      }),
    );
  });

  it('is short for the start', () => {
    expect(encodeView(initialView)).toBe('?v=1');
  });

  it('opens on anything', () => {
    fc.assert(
      fc.property(fc.string(), (query) => {
        expect(() => encodeView(decodeView(`?v=1&${query}`))).not.toThrow();
      }),
    );
  });

  it.each(['', '?v=2&w=1h', '?w=1h', '?v=1&w=3y&tab=nowhere&c=1,2,zero&o=pcsa&a=nowhere&h=9,1'])(
    'starts afresh at %s',
    (query) => {
      expect(decodeView(query)).toEqual(initialView);
    },
  );
});
