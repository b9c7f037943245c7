/**
 * Nanoseconds given as two unsigned words, floored to whole microseconds. Exact below 2^53 microseconds (the year 2255):
 * as one number the nanoseconds of today would lose their last eight bits. With 2^32 = 4,294,967 * 1,000 + 296 the
 * quotient splits into two parts that a number holds exactly.
 */
export function microsecondsOfNanoseconds(low: number, high: number): number {
  return high * 4_294_967 + Math.floor((high * 296 + low) / 1000);
}

/** Decimal text of a signed 64-bit integer given as two words. */
export function int64Text(low: number, high: number): string {
  if (high === 0) return String(low >>> 0);
  return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low >>> 0)).toString();
}

const words = new Uint32Array(2);
const double = new Float64Array(words.buffer);
/** Typed arrays use the machine's byte order, the wire its own. */
const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

export function doubleOfWords(low: number, high: number): number {
  words[0] = isLittleEndian ? low : high;
  words[1] = isLittleEndian ? high : low;
  return double[0]!;
}
