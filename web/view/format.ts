/** Numbers and names as people read them. Always the same digits in the same place: no locale, thin spaces, SI steps. */

/** `840`, `1.5k`, `12k`, `3.1M`. */
export function shortCount(count: number): string {
  if (count < 1000) return String(count);
  const units = ['k', 'M', 'G', 'T'];
  let value = count;
  let unit = -1;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)}${units[unit]!}`;
}

/** `4,812`. */
export function fullCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `840 µs`, `21 ms`, `4.2 ms`, `1.8 s`, `3 min`. */
export function duration(us: number): string {
  if (us < 1000) return `${Math.round(us)} µs`;
  if (us < 999_500) return `${twoDigits(us / 1000)} ms`;
  if (us < 120_000_000) return `${twoDigits(us / 1_000_000)} s`;
  return `${Math.round(us / 60_000_000)} min`;
}

/** `21 %`, `4.2 %`, `<0.1 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return '<0.1 %';
  return `${value < 9.95 && value % 1 !== 0 ? value.toFixed(1) : value.toFixed(0)} %`;
}

/**
 * Name without namespace, kind or system: `compute/droplets` is `droplets`, `database:cloud@db:5432` is `cloud`,
 * `destination:mqtt/actions/done` is `actions/done`.
 */
export function plainName(id: string): string {
  const withoutKind = /^(?:database|destination|external|unknown-caller):/.test(id)
    ? id.slice(id.indexOf(':') + 1)
    : id;
  if (withoutKind !== id) {
    const at = withoutKind.lastIndexOf('@');
    const path = at > 0 ? withoutKind.slice(0, at) : withoutKind;
    return id.startsWith('destination:') ? path.slice(path.indexOf('/') + 1) || path : path;
  }
  return id.slice(id.indexOf('/') + 1) || id;
}

/** `18:41:07` of the day `22 Nov`, in UTC: everyone who looks at the same link sees the same time. */
export function instant(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]!} ${date.toISOString().slice(11, 19)}`;
}

/** `just now`, `40 s ago`, `3 min ago`, `2 h ago`. */
export function age(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 5) return 'just now';
  if (seconds < 90) return `${seconds} s ago`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${fullCount(count)} ${count === 1 ? one : many}`;
}

function twoDigits(value: number): string {
  return value < 9.95 ? value.toFixed(1) : value.toFixed(0);
}
