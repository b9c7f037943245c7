import type { Lookup } from './lookup.ts';

/** The service a focus stands around: the one asked for, else the first of the critical path, else the most called. */
export function focusCentre(wanted: string | null, { analysis, services, steps }: Lookup): string {
  if (wanted !== null && services.has(wanted)) return wanted;
  const [first] = steps.keys();
  if (first !== undefined) return first;
  const [busiest] = [...analysis.services].sort((a, b) => b.callCount - a.callCount || (a.id < b.id ? -1 : 1));
  return busiest?.id ?? '';
}
