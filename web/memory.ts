import type { Arrangement, Place, Territory } from './layout/arrangement.ts';

/** What this browser remembers between visits. A browser that forbids it just forgets. */

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`ringfence.${name}`, value);
  } catch {
    // Private windows and full disks: the page works without.
  }
}

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`ringfence.${name}`);
  } catch {
    return null;
  }
}

export function rememberPlaces({ places, ...rest }: Arrangement): void {
  remember('places', JSON.stringify({ v: 2, ...rest, places: [...places] }));
}

/** The arrangement of the last visit; undefined where there is none or it cannot be read. */
export function recallPlaces(): Arrangement | undefined {
  const text = recall('places');
  if (text === null) return undefined;
  try {
    const stored: unknown = JSON.parse(text);
    return isStored(stored) ? { ...stored, places: new Map(stored.places) } : undefined;
  } catch {
    return undefined;
  }
}

interface Stored extends Omit<Arrangement, 'places'> {
  readonly v: 2;
  readonly places: readonly (readonly [string, Place])[];
}

function isStored(value: unknown): value is Stored {
  if (typeof value !== 'object' || value === null) return false;
  const { v, density, boxWidth, territories, places } = value as Partial<Record<keyof Stored, unknown>>;
  if (v !== 2 || typeof boxWidth !== 'number' || (density !== 'roomy' && density !== 'compact')) return false;
  if (!Array.isArray(territories) || !Array.isArray(places)) return false;
  const keys = new Set(territories.map((territory: Territory) => territory.key));
  return (places as [string, Place][]).every(([id, place]) => typeof id === 'string' && keys.has(place.territory));
}
