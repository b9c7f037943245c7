/**
 * The keys of a JSON document in the order they stand, each as the way to it: `{data[{traceID` is the key `traceID` of an
 * object in the list under `data`. Stops at broken JSON without a word, and goes no deeper than `MAX_DEPTH`, though it
 * walks over what lies deeper. Reads only as far as its caller asks.
 */
export function* jsonKeyPaths(bytes: Uint8Array): Iterable<string> {
  /** The way to the open container, for each depth. */
  const ways: string[] = [''];
  let depth = 0;
  let key = '';
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case BRACE:
      case BRACKET:
        depth++;
        if (depth < MAX_DEPTH) ways[depth] = ways[depth - 1]! + key + String.fromCharCode(bytes[at]!);
        key = '';
        break;
      case 0x7d:
      case 0x5d:
        depth--;
        key = '';
        if (depth <= 0) return;
        break;
      case COMMA:
        key = '';
        break;
      case QUOTE: {
        const end = endOfString(bytes, at + 1);
        if (isKey(bytes, end + 1) && depth < MAX_DEPTH) {
          key = end - at > MAX_KEY_LENGTH ? '' : String.fromCharCode(...bytes.subarray(at + 1, end));
          yield ways[depth]! + key;
        }
        at = end;
        break;
      }
      default:
    }
  }
}

const BRACE = 0x7b;
const BRACKET = 0x5b;
const COMMA = 0x2c;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const MAX_DEPTH = 6;
const MAX_KEY_LENGTH = 64;

/** Offset of the closing quote. */
function endOfString(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

function isKey(bytes: Uint8Array, start: number): boolean {
  let at = start;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
  return bytes[at] === COLON;
}
