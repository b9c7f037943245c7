import type { AnalyzedService } from '../model/analysis.ts';

type Named = Pick<AnalyzedService, 'id' | 'name' | 'namespace'>;

/**
 * Whether a node is meant by one of the patterns. `*` stands for any text, also with a `/` in it; a pattern that no id
 * matches may match the plain name, whatever the namespace.
 */
export function matcher(patterns: readonly string[]): (node: Named) => boolean {
  const parts = patterns.map((pattern) => pattern.split('*'));
  return ({ id, name, namespace }) =>
    parts.some((pieces) => matches(id, pieces) || (namespace !== null && matches(name, pieces)));
}

/** Piece after piece, each at the first place where it fits: linear, so no pattern can be slow. */
function matches(text: string, pieces: readonly string[]): boolean {
  const first = pieces[0]!;
  if (pieces.length === 1) return text === first;
  const last = pieces.at(-1)!;
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
