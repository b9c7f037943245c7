/** `0.876` as `88 %`, `0.0421` as `4.2 %`. A share that is not 0 or 1 never reads as if it were: `<0.1 %`, `>99 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return '<0.1 %';
  if (value > 99 && value < 100) return '>99 %';
  return `${value > 0 && value < 10 ? value.toFixed(1) : value.toFixed(0)} %`;
}

/** `1 trace`, `2 traces`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `a → b → c`. */
function arrows(nodes: readonly string[]): string {
  return nodes.join(' → ');
}

/** The circle with its first member again at its end: `a → b → a`. */
export function circle(services: readonly string[]): string {
  return arrows([...services, services[0]!]);
}

/** `a`, `a and b`, `a, b and c`; beyond `limit` names `a, b and 7 more`. */
export function listed(names: readonly string[], limit = 5): string {
  if (names.length > limit) return `${names.slice(0, limit - 1).join(', ')} and ${names.length - limit + 1} more`;
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}

/** Order of code units: the same on every machine, whatever its language. */
export function byText(one: string, two: string): number {
  return one < two ? -1 : one > two ? 1 : 0;
}
