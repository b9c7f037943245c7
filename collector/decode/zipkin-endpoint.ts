/** Addresses as Zipkin's JSON writes them, out of the bytes that its binary formats hold. */

/** `10.0.0.1`; undefined unless there are four bytes, not all zero. */
export function ipv4Text(bytes: Uint8Array): string | undefined {
  return bytes.length === 4 && bytes.some((byte) => byte !== 0) ? bytes.join('.') : undefined;
}

/**
 * `2001:db8::c001` (RFC 5952: lower case, the longest run of zeros left out, the first of two); undefined unless there are
 * sixteen bytes, not all zero. An IPv4 address in IPv6 clothes is undressed.
 */
export function ipv6Text(bytes: Uint8Array): string | undefined {
  if (bytes.length !== 16 || bytes.every((byte) => byte === 0)) return undefined;
  const groups = Array.from({ length: 8 }, (_, group) => (bytes[group * 2]! << 8) | bytes[group * 2 + 1]!);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return ipv4Text(bytes.subarray(12));
  const zeros = longestZeros(groups);
  const texts = groups.map((group) => group.toString(16));
  if (zeros.length < 2) return texts.join(':');
  return `${texts.slice(0, zeros.start).join(':')}::${texts.slice(zeros.start + zeros.length).join(':')}`;
}

function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  for (const [at, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > longest.length) longest = { start: at + 1 - length, length };
  }
  return longest;
}
