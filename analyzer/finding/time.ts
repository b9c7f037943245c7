const DAY_MS = 86_400_000;

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

/** `timeOf` for thousands of times that fall on few days: a day is written once, which makes it several times as fast. */
export function timeWriter(): (epochUs: number) => string | null {
  let day = NaN;
  let dayText = '';
  return (epochUs) => {
    const epochMs = Math.floor(epochUs / 1000);
    const dayOf = Math.floor(epochMs / DAY_MS);
    if (dayOf !== day) {
      const text = timeOf(dayOf * DAY_MS * 1000);
      if (text === null) return timeOf(epochUs);
      day = dayOf;
      dayText = text.slice(0, text.indexOf('T') + 1);
    }
    const ms = epochMs - dayOf * DAY_MS;
    const seconds = Math.floor(ms / 1000);
    const minutes = Math.floor(seconds / 60);
    const clock = `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}:${twoDigits(seconds % 60)}`;
    return `${dayText}${clock}.${threeDigits(ms % 1000)}Z`;
  };
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

function threeDigits(value: number): string {
  return value < 100 ? `0${twoDigits(value)}` : `${value}`;
}
