import { counted } from '../model/wording.ts';
import { joinKey, type CardEvidenceRollup, type Rollup } from '../rollup/rollup.ts';
import { wilson } from './wilson.ts';

/** Numbers of an issuer's range and length that a place must show before its pass rate says anything. */
export const PASS_RATE_MIN_NUMBERS = 20;
/** Card numbers all pass the check digit, ids one in ten: above the one and below the other by their Wilson bounds. */
export const PASS_RATE_OF_CARDS = 0.5;
export const PASS_RATE_OF_IDS = 0.3;

/** Numbers that look like card numbers as often as chance makes ids do. */
export interface ChanceNumbers {
  readonly node: string;
  readonly operation: string;
  readonly place: string;
  readonly passCount: number;
  readonly n: number;
}

export interface JudgedEvidence {
  /** By node, in the order of places: what is still evidence, as strong as its place makes it. */
  readonly byNode: ReadonlyMap<string, readonly CardEvidenceRollup[]>;
  readonly chance: readonly ChanceNumbers[];
}

/**
 * What card evidence is worth where many numbers stood in one place. Of those that have an issuer's range and length, all
 * card numbers pass the check digit and one in ten random ids. So a place whose numbers mostly pass holds card numbers, and one
 * whose numbers mostly fail holds ids: those that passed there by chance are no evidence. They are redacted all the same.
 *
 * Free text may hide one card number among many ids, so it is never cleared.
 */
export function judgedEvidence(rollup: Rollup): JudgedEvidence {
  const places = new Map<string, { passCount: number; n: number }>();
  for (const { node, operation, place, strength, count } of rollup.cardEvidence.values()) {
    if (strength !== 'medium' && strength !== 'near-miss') continue;
    const key = joinKey(node, operation, place);
    const sums = places.get(key) ?? { passCount: 0, n: 0 };
    sums.n += count;
    if (strength === 'medium') sums.passCount += count;
    places.set(key, sums);
  }
  const byNode = new Map<string, CardEvidenceRollup[]>();
  const chance = new Map<string, ChanceNumbers>();
  for (const key of [...rollup.cardEvidence.keys()].sort()) {
    const item = rollup.cardEvidence.get(key)!;
    if (item.strength === 'near-miss') continue;
    const { node, operation, place } = item;
    const placeKey = joinKey(node, operation, place);
    const verdict = item.strength === 'medium' ? verdictOf(places.get(placeKey)!, place) : 'open';
    if (verdict === 'chance') {
      chance.set(placeKey, { node, operation, place, ...places.get(placeKey)! });
      continue;
    }
    const judged = verdict === 'cards' ? ({ ...item, strength: 'strong' } as const) : item;
    const known = byNode.get(node);
    if (known === undefined) byNode.set(node, [judged]);
    else known.push(judged);
  }
  return { byNode, chance: [...chance.values()] };
}

function verdictOf({ passCount, n }: { readonly passCount: number; readonly n: number }, place: string) {
  if (n < PASS_RATE_MIN_NUMBERS) return 'open';
  const [lower, upper] = wilson(passCount, n);
  if (lower >= PASS_RATE_OF_CARDS) return 'cards';
  return upper <= PASS_RATE_OF_IDS && !FREE_TEXT.test(place) ? 'chance' : 'open';
}

/** Places where people and programs write whatever they like. */
const FREE_TEXT =
  /^span name$|message|statement|query|body|stacktrace|\burl\b|\buri\b|target|\bpath\b|event|annotation|log|comment|note|description|text/i;

/** `12 of 118 numbers in order.number of POST /orders`. */
export function chanceInWords({ passCount, n, operation, place }: ChanceNumbers): string {
  return `${passCount} of ${counted(n, 'number')} in ${place} of ${operation}`;
}
