/** Microseconds since the epoch as ISO 8601 in UTC, to the millisecond; null where no time is known. */
export function timeOf(epochUs: number): string | null {
  const epochMs = Math.floor(epochUs / 1000);
  // Beyond this a date has no text (ECMAScript: 100,000,000 days from the epoch).
  if (!Number.isFinite(epochMs) || Math.abs(epochMs) > 8.64e15) return null;
  return new Date(epochMs).toISOString();
}

/** The day of it: `2027-03-01`. */
export function dateOf(epochUs: number): string | undefined {
  return timeOf(epochUs)?.split('T')[0];
}
