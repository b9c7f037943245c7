import type {
  CriticalPathVerdict,
  CycleClass,
  DependencyMode,
  FindingKind,
  NodeKind,
  PciBasis,
  PciClass,
  Severity,
} from '../../analyzer/model/analysis.ts';
import type { TimeWindow } from './session.ts';

/** The field's nouns as the page prints them: one table, so that a thing has one name everywhere. */

export const verdictWords: Readonly<Record<CriticalPathVerdict, string>> = {
  'critical-path': 'on the critical path',
  presumed: 'presumed critical',
  'value-added': 'value-added',
  undetermined: 'undetermined',
};

export const pciWords: Readonly<Record<PciClass, string>> = {
  cde: 'CDE',
  'connected-to': 'connected to the CDE',
  'security-impacting': 'security-impacting',
  indirect: 'indirectly connected',
  'not-observed': 'no CDE contact observed',
};

export const basisWords: Readonly<Record<PciBasis, string>> = {
  declared: 'declared by policy or resource',
  evidence: 'card data seen',
  candidate: 'candidate',
  observed: 'observed calls',
  none: 'none',
};

export const cycleWords: Readonly<Record<CycleClass, string>> = {
  're-entrant': 're-entrant: happens inside one request',
  operation: 'operation: the same operations call in a circle',
  structural: 'structural: no single request shows it',
  soft: 'soft: an event breaks the wait',
  'self-call': 'calls itself',
};

export const kindWords: Readonly<Record<NodeKind, string>> = {
  service: 'service',
  database: 'database',
  destination: 'topic or queue',
  external: 'external peer',
  'unknown-caller': 'unknown caller',
};

export const modeWords: Readonly<Record<DependencyMode, string>> = { sync: 'sync', async: 'async', data: 'data' };

export const severityWords: Readonly<Record<Severity, string>> = { error: 'Error', warning: 'Warning', note: 'Note' };

export const findingWords: Readonly<Record<FindingKind, string>> = {
  cycle: 'Circle',
  'critical-service': 'Critical path',
  'pci-scope': 'PCI scope',
  'card-data': 'Card data',
  'scope-conflict': 'Scope conflict',
  'missing-prerequisite': 'Prerequisite',
  'service-boundary': 'Service boundary',
};

export const windowWords: Readonly<Record<TimeWindow, string>> = {
  '15m': 'last 15 minutes',
  '1h': 'last hour',
  '24h': 'last 24 hours',
  '7d': 'last 7 days',
  all: 'all time',
};
