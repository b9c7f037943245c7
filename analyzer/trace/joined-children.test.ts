import { describe, expect, it } from 'vitest';

import { SPAN_FLAG, type SpanKind } from '../model/span.ts';
import { createDictionary, SpanTable } from '../model/span-table.ts';
import { buildSpanTree } from './build-span-tree.ts';
import { joinedChildren } from './joined-children.ts';

interface Half {
  readonly kind?: SpanKind;
  readonly us: readonly [startUs: number, endUs: number];
  readonly service?: string;
  readonly host?: string;
  readonly flags?: number;
}

/** A parent from 1,000 to 2,000 us unless said, a child, and whether the parent waits for it. */
const CASES: readonly {
  readonly title: string;
  readonly parent?: Half;
  readonly child: Half;
  readonly joined: boolean;
}[] = [
  { title: 'inside its parent', child: { us: [1200, 1900] }, joined: true },
  { title: 'ending with its parent', child: { us: [1200, 2000] }, joined: true },
  { title: 'ending a millisecond later: clocks of whole milliseconds', child: { us: [1200, 3000] }, joined: true },
  { title: 'ending later than that', child: { us: [1200, 3001] }, joined: false },
  {
    title: 'ending a millisecond later on another host',
    child: { us: [1200, 3000], service: 'b', host: 'two' },
    joined: true,
  },
  {
    title: 'ending later than that on another host',
    child: { us: [1200, 3001], service: 'b', host: 'two' },
    joined: false,
  },
  { title: 'beginning when its parent ends', child: { us: [2000, 3050] }, joined: false },
  { title: 'an instant at the end of its parent', child: { us: [2000, 2000] }, joined: true },
  {
    title: 'a server that runs on after its client: a timeout, or clocks apart',
    parent: { us: [1000, 2000], kind: 'client' },
    child: { us: [1100, 90_000], kind: 'server', service: 'b', host: 'two' },
    joined: true,
  },
  {
    title: 'what takes a message from a producer',
    parent: { us: [1000, 2000], kind: 'producer' },
    child: { us: [1100, 1500], kind: 'consumer', service: 'b' },
    joined: false,
  },
  { title: 'a reference that says so', child: { us: [1200, 1900], flags: SPAN_FLAG.followsFrom }, joined: false },
  {
    title: 'a parent that came without a duration: whether it waited is not known',
    parent: { us: [1000, 1000] },
    child: { us: [1000, 9000] },
    joined: true,
  },
];

describe('a parent waits for', () => {
  it.each(CASES)('$title: $joined', ({ parent = { us: [1000, 2000] }, child, joined }) => {
    const table = new SpanTable(createDictionary());
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    for (const [at, { us, kind = 'internal', service = 'a', host = 'one', flags = 0 }] of [parent, child].entries()) {
      table.addSpan({
        traceId,
        spanId: `000000000000000${at + 1}`,
        ...(at === 0 ? {} : { parentSpanId: '0000000000000001' }),
        resource: { service, host },
        kind,
        startUs: us[0],
        endUs: us[1],
        flags,
      });
    }
    const tree = buildSpanTree(table);
    const childNode = tree.children[0]!;
    expect(joinedChildren(tree)[childNode]).toBe(joined ? 1 : 0);
  });
});
