import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/** The first 12 hex digits of SHA-256 over what makes a thing the same thing tomorrow: never a wording, never a count. */
export function fingerprint(...parts: readonly string[]): string {
  return bytesToHex(sha256(utf8ToBytes(parts.join('\u0000')))).slice(0, 12);
}
