import type { Comparison, Span, ViewState } from './view/session.ts';

/** The part of the address that the views around the map have: the question why, and the windows compared. */
type Around = Pick<ViewState, 'why' | 'compare'>;

export function encodeAround({ why, compare }: Around, query: URLSearchParams): void {
  if (why.caller !== '') query.set('wf', why.caller);
  if (why.callee !== '') query.set('wt', why.callee);
  if (compare.before !== null) query.set('cb', encodeSpan(compare.before));
  if (compare.after !== null) query.set('ca', encodeSpan(compare.after));
}

export function decodeAround(values: URLSearchParams): Around {
  const compare: Comparison = { before: decodeSpan(values.get('cb')), after: decodeSpan(values.get('ca')) };
  return { why: { caller: values.get('wf') ?? '', callee: values.get('wt') ?? '' }, compare };
}

/** Both ends as ISO 8601 in UTC: everyone who opens the address looks at the same time. */
function encodeSpan({ fromMs, toMs }: Span): string {
  return `${new Date(fromMs).toISOString()}~${new Date(toMs).toISOString()}`;
}

function decodeSpan(words: string | null): Span | null {
  const [fromMs, toMs] = (words ?? '').split('~').map((iso) => Date.parse(iso));
  if (fromMs === undefined || toMs === undefined || Number.isNaN(fromMs) || Number.isNaN(toMs)) return null;
  return fromMs < toMs ? { fromMs, toMs } : null;
}
