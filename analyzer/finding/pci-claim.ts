import type { PciBasis, PciClass, Reason } from '../model/analysis.ts';

/** One thing, seen or declared, that puts a node in a class. */
export interface PciClaim {
  readonly node: string;
  /** `not-observed` for a reason that is worth telling but claims no class. */
  readonly class: PciClass;
  readonly basis: PciBasis;
  readonly reason: Reason;
  /** The same without its subject, to be said against a declaration: `carries card data`. */
  readonly predicate: string;
}

/** Most restrictive first. */
export const PCI_CLASSES: readonly PciClass[] = [
  'cde',
  'connected-to',
  'security-impacting',
  'indirect',
  'not-observed',
];

const PCI_BASES: readonly PciBasis[] = ['declared', 'evidence', 'observed', 'candidate', 'none'];

/** The most restrictive class first, of the same class the firmest basis. */
export function byStrength(one: PciClaim, two: PciClaim): number {
  return (
    PCI_CLASSES.indexOf(one.class) - PCI_CLASSES.indexOf(two.class) ||
    PCI_BASES.indexOf(one.basis) - PCI_BASES.indexOf(two.basis)
  );
}

/** The smallest three of some trace ids, each once. */
export function smallestThree(ids: readonly string[]): string[] {
  return [...new Set(ids)].sort().slice(0, 3);
}
