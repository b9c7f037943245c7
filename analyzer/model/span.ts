import type { AttributeName } from './attribute-keys.ts';
import type { Resource } from './resource.ts';

/** Numbers as in the OpenTelemetry protocol (`Span.SpanKind`). */
export const SPAN_KIND = { unspecified: 0, internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
export type SpanKind = keyof typeof SPAN_KIND;
export const SPAN_KIND_NAMES: readonly SpanKind[] = [
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
];

/** Numbers as in the OpenTelemetry protocol (`Status.StatusCode`). */
export const SPAN_STATUS = { unset: 0, ok: 1, error: 2 } as const;

/** Bits of a span's `flags` column. */
export const SPAN_FLAG = {
  /** Zipkin: client and server half carry the same span id. */
  shared: 1,
  /** The reference to the parent says the parent does not wait (OpenTracing FOLLOWS_FROM). */
  followsFrom: 2,
  /** The source had the end before the start; the table holds a duration of 0. */
  endBeforeStart: 4,
  /** The parent id was the span's own id; the table holds no parent. */
  selfParent: 8,
  hasLinks: 16,
  hasCardEvidence: 32,
  /** The source gave no usable start time. Such a span counts for the graph but never for time. */
  noTime: 64,
} as const;

/**
 * One timed operation in one service: a readable view of one row of a span table, for tests, the API and reports. Times
 * are whole microseconds since the epoch, which a number holds exactly until 2255. Nanoseconds are floored at both ends:
 * that keeps a child inside its parent.
 */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly resource: Resource;
  readonly name: string;
  readonly kind: SpanKind;
  readonly startUs: number;
  readonly endUs: number;
  readonly status: number;
  readonly flags: number;
  readonly attributes: Readonly<Partial<Record<AttributeName, string>>>;
  readonly links: readonly SpanLink[];
  readonly cardEvidence: readonly CardEvidence[];
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
}

export const CARD_BRANDS = [
  'visa',
  'mastercard',
  'amex',
  'diners',
  'discover',
  'jcb',
  'unionpay',
  'maestro',
  'unknown',
] as const;
export type CardBrand = (typeof CARD_BRANDS)[number];

/**
 * How sure a hit is: `strong` has a telling key or a grouped format, `medium` has neither; `test` is a published test
 * number; `authentication` is a CVV, PIN block or track, which nobody may keep (PCI DSS 3.3.1). A `near-miss` has the range and
 * length of an issuer but not the check digit, and no context: it is not redacted. Beside the medium hits of the same place it
 * tells card numbers, all of which pass, from ids, of which one in ten does.
 */
export const CARD_STRENGTHS = ['strong', 'medium', 'test', 'authentication', 'near-miss'] as const;
export type CardStrength = (typeof CARD_STRENGTHS)[number];

/** That card data stood in a span, and where: never the number, a part of it or a hash. */
export interface CardEvidence {
  /** Where it stood: an attribute key such as `payment.note`, or `span name`, `status message`, `event exception`, ... */
  readonly place: string;
  readonly brand: CardBrand;
  readonly strength: CardStrength;
}
