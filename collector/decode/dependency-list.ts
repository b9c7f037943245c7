import { decodeUtf8 } from '../../analyzer/model/string-table.ts';
import { redactText } from '../redact/index.ts';
import { MalformedInputError } from './contract.ts';

/** A list of who calls whom without traces, as Jaeger and Zipkin answer `/api/dependencies` or `/api/v2/dependencies`. */
export interface ListedDependency {
  readonly caller: string;
  readonly callee: string;
  readonly callCount: number;
  /** Zipkin's; 0 where the list names none. */
  readonly errorCount: number;
}

const MOST_NAME_CHARACTERS = 256;

/** True where the beginning of a document reads like a dependency list: the first object names a parent and a child. */
export function isDependencyList(head: Uint8Array): boolean {
  const text = decodeUtf8(head, 0, Math.min(head.length, 4096));
  const first = /^\uFEFF?\s*(?:\{\s*"data"\s*:\s*)?\[\s*\{([^{}[\]]*)\}/.exec(text)?.[1];
  return first !== undefined && ['"parent"', '"child"', '"callCount"'].every((key) => first.includes(key));
}

/**
 * Jaeger's `[{"parent", "child", "callCount"}]`, bare or under `data`, and Zipkin's, which adds `errorCount`. Sorted, each
 * pair once. Throws `MalformedInputError` naming the entry that is none.
 */
export function decodeDependencyList(bytes: Uint8Array): readonly ListedDependency[] {
  let content: unknown;
  try {
    content = JSON.parse(decodeUtf8(bytes, 0, bytes.length).replace(/^\uFEFF/, ''));
  } catch {
    throw new MalformedInputError('the dependency list is no JSON');
  }
  const list = isRecord(content) ? content['data'] : content;
  if (!Array.isArray(list)) throw new MalformedInputError('the dependency list holds no array');
  const byPair = new Map<string, ListedDependency>();
  list.forEach((entry: unknown, place) => {
    const { parent, child, callCount, errorCount = 0 } = isRecord(entry) ? entry : {};
    if (!isName(parent) || !isName(child) || !isCount(callCount) || !isCount(errorCount))
      throw new MalformedInputError(`entry ${place + 1} of the dependency list is no parent, child and callCount`);
    const [caller, callee] = [clean(parent), clean(child)];
    const key = `${caller}\u0000${callee}`;
    const known = byPair.get(key);
    byPair.set(key, {
      caller,
      callee,
      callCount: callCount + (known?.callCount ?? 0),
      errorCount: Math.min(callCount, errorCount) + (known?.errorCount ?? 0),
    });
  });
  return [...byPair].sort(([one], [two]) => (one < two ? -1 : 1)).map(([, dependency]) => dependency);
}

/** No card number gets past a decoder, and what `joinKey` of a rollup cannot hold does not occur in names. */
function clean(name: string): string {
  return redactText(name, 'service.name').text.replaceAll('\u0000', '\uFFFD').slice(0, MOST_NAME_CHARACTERS);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
