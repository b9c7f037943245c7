import { SPAN_KIND_NAMES } from '../../analyzer/model/span.ts';

/** Number of a span kind by its name in the protocol (`SPAN_KIND_SERVER`); `undefined` if there is none of that name. */
export function kindOfName(name: string): number | undefined {
  return KINDS.get(name);
}

/** Number of a status code by its name in the protocol (`STATUS_CODE_ERROR`). */
export function statusOfName(name: string): number | undefined {
  return STATUSES.get(name);
}

const KINDS = new Map(SPAN_KIND_NAMES.map((kind, number) => [`SPAN_KIND_${kind.toUpperCase()}`, number]));
const STATUSES = new Map([
  ['STATUS_CODE_UNSET', 0],
  ['STATUS_CODE_OK', 1],
  ['STATUS_CODE_ERROR', 2],
]);
