import type { DependencyMode, Severity } from './analysis.ts';

/**
 * What the team declares in `ringfence.yaml`. Everything is optional; what is declared wins over what is guessed and loses
 * against evidence only as a visible conflict, never in silence.
 */
export interface Policy {
  /** By node id or plain service name. */
  readonly services: ReadonlyMap<string, ServicePolicy>;
  /** Extra hosts of payment providers, matched as suffix of the address. */
  readonly paymentProviderHosts: readonly string[];
  /** Services spliced out of the graph (gateways, sidecars): their callers call what they call. */
  readonly proxies: readonly string[];
  /** Old name to new name, applied before anything is compared. */
  readonly aliases: ReadonlyMap<string, string>;
  /** `service` or `service operation`; empty means: every entry with at least 1 % of the root traffic. */
  readonly entryPoints: readonly string[];
  /** `caller -> callee` edges that must stay synchronous, so no proposal may cut them. */
  readonly neverAsync: readonly (readonly [caller: string, callee: string])[];
  /** In the order of the file. */
  readonly forbidden: readonly ForbiddenDependency[];
  readonly severities: Readonly<Partial<Record<RuleName, Severity | 'off'>>>;
  /** What services must have, by class; absent where the team asks for nothing beyond the defaults, and then nothing is a finding. */
  readonly prerequisites?: Prerequisites;
  /** Edges seen in fewer distinct traces carry no cycle verdict. */
  readonly minTraces: number;
}

/** Each class needs what `all` need, and its own. */
export type Prerequisites = Readonly<Record<'all' | 'critical-path' | 'pci', readonly Prerequisite[]>>;

/** What a service must have before it may carry its class; the first three are every service's. */
export const PREREQUISITES = [
  'rapid-provisioning',
  'monitoring',
  'rapid-deployment',
  'owner',
  'redundancy',
  'both-halves',
  'versions',
  'error-types',
  'confirmed-scope',
] as const;
export type Prerequisite = (typeof PREREQUISITES)[number];

/** After P. Calçado, *Microservices in your Datacentre* (QCon New York 2016) for `all`; what the classes add is our proposal. */
export const DEFAULT_PREREQUISITES: Prerequisites = {
  all: ['rapid-provisioning', 'monitoring', 'rapid-deployment'],
  'critical-path': ['owner', 'redundancy', 'both-halves', 'versions'],
  pci: ['owner', 'both-halves', 'versions', 'confirmed-scope'],
};

/** Somebody answers for a prerequisite that traces do not show. */
export interface Attestation {
  readonly by: string;
  /** ISO date. */
  readonly on: string;
}

export type RuleName =
  | 'newCycle'
  | 'newCriticalService'
  | 'newPciScope'
  | 'cdeDependency'
  | 'cardData'
  | 'forbiddenDependency'
  | 'tierInversion'
  | 'missingPrerequisite'
  | 'newExternalPeer'
  | 'scopeConflict'
  | 'staleBaseline';

/** Who must not depend on whom. Names may hold `*` for any text; a name without a namespace matches in every namespace. */
export interface ForbiddenDependency {
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Which dependencies count. */
  readonly mode: DependencyMode | 'any';
  /** A dependency of its own, or any way over others. */
  readonly reach: 'direct' | 'reachable';
  /** Printed with every finding: people keep to rules they understand. */
  readonly reason: string;
  /** Instead of that of `rules.forbiddenDependency`. */
  readonly severity?: Severity | 'off';
  /** Dependencies that are let be, as pairs of patterns. */
  readonly except: readonly (readonly [caller: string, callee: string])[];
}

export interface ServicePolicy {
  readonly owner?: string;
  /** What it is for, in a few words: an inventory of components in scope names it (PCI DSS 12.5.1). */
  readonly function?: string;
  readonly criticality?: 'critical' | 'high' | 'medium' | 'low';
  readonly pci?: 'cde' | 'connected-to' | 'security-impacting' | 'out-of-scope';
  /** Why: required for `out-of-scope`. */
  readonly reason?: string;
  /** ISO date on which the declaration must be confirmed again: required for `out-of-scope`. */
  readonly expires?: string;
  /** What it does for the security of others; that alone puts it in scope. */
  readonly role?: SecurityRole;
  /** Who confirmed its part in the scope last, and on which ISO date. */
  readonly confirmedBy?: string;
  readonly confirmedOn?: string;
  readonly attested?: ReadonlyMap<Prerequisite, Attestation>;
}

/** What a system may do for the cardholder data environment without any card data on it. A token vault is part of it. */
export const SECURITY_ROLES = [
  'authentication',
  'delivery',
  'gateway',
  'name-resolution',
  'secrets',
  'segmentation',
  'telemetry',
  'time',
  'token-vault',
] as const;
export type SecurityRole = (typeof SECURITY_ROLES)[number];

export const EMPTY_POLICY: Policy = {
  services: new Map(),
  paymentProviderHosts: [],
  proxies: [],
  aliases: new Map(),
  entryPoints: [],
  neverAsync: [],
  forbidden: [],
  severities: {},
  minTraces: 1,
};
