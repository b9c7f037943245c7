import type { AcceptedEdge, Baseline, BaselineCall, BaselineDependency, BaselineScope } from '../model/baseline.ts';
import { bothBaselines } from './baseline.ts';

/**
 * The text of a baseline: JSON with one fact on each line, sorted, so that a pull request shows what changed and two branches
 * that add different facts merge without a conflict.
 */
export function formatBaseline(baseline: Baseline): string {
  const list = (name: string, facts: readonly unknown[]) =>
    facts.length === 0
      ? `  ${JSON.stringify(name)}: []`
      : `  ${JSON.stringify(name)}: [\n${facts.map((fact) => `    ${oneLine(fact)}`).join(',\n')}\n  ]`;
  const lines = [
    `  "schema": ${JSON.stringify(baseline.schema)}`,
    `  "tracesAtLeast": ${baseline.tracesAtLeast}`,
    list(
      'dependencies',
      baseline.dependencies.map(({ caller, callee, mode }) => ({ caller, callee, mode })),
    ),
    list('cycles', baseline.cycles),
    list(
      'accepted',
      baseline.accepted.map(({ caller, callee, reason, owner, expires }) => ({
        caller,
        callee,
        reason,
        owner,
        expires,
      })),
    ),
    list('criticalServices', baseline.criticalServices),
    list(
      'pciScope',
      baseline.pciScope.map(({ service, class: pciClass }) => ({ service, class: pciClass })),
    ),
    list(
      'cdeDependencies',
      baseline.cdeDependencies.map(({ caller, callee }) => ({ caller, callee })),
    ),
    list('externalPeers', baseline.externalPeers),
  ];
  return `{\n${lines.join(',\n')}\n}\n`;
}

function oneLine(fact: unknown): string {
  if (Array.isArray(fact)) return `[${fact.map((each) => JSON.stringify(each)).join(', ')}]`;
  if (typeof fact !== 'object' || fact === null) return JSON.stringify(fact);
  const fields = Object.entries(fact)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  return `{ ${fields.join(', ')} }`;
}

const CONFLICT = /^(?:<{7}|>{7})(?: |$)/m;

/**
 * Reads a baseline that two branches changed, as Git leaves it: what either side knows is known. Facts stand on lines of
 * their own, so all that a merge can break are the commas between them.
 */
export function parseMergedBaseline(text: string): ParsedBaseline {
  if (!CONFLICT.test(text)) return parseBaseline(text);
  const [ours, theirs] = (['ours', 'theirs'] as const).map((side) => parseBaseline(withCommas(oneSide(text, side))));
  if (ours === undefined || 'problem' in ours) return ours ?? { problem: 'it holds a merge conflict' };
  if (theirs === undefined || 'problem' in theirs) return theirs ?? ours;
  return { baseline: bothBaselines(ours.baseline, theirs.baseline) };
}

/** The lines outside of conflicts and those of one side; what both came from (`|||||||`) is left out. */
function oneSide(text: string, side: 'ours' | 'theirs'): string {
  const lines: string[] = [];
  let place: 'both' | 'ours' | 'base' | 'theirs' = 'both';
  for (const line of text.split(/\r?\n/)) {
    if (/^<{7}(?: |$)/.test(line)) place = 'ours';
    else if (/^\|{7}(?: |$)/.test(line)) place = 'base';
    else if (/^={7}$/.test(line)) place = 'theirs';
    else if (/^>{7}(?: |$)/.test(line)) place = 'both';
    else if (place === 'both' || place === side) lines.push(line);
  }
  return lines.join('\n');
}

/** A comma between two facts, and none after the last, line by line. */
function withCommas(text: string): string {
  return text.replace(/([}\]"\d]),?\n(\s*)(?=(\S))/g, (_, end: string, space: string, next: string) =>
    next === ']' || next === '}' ? `${end}\n${space}` : `${end},\n${space}`,
  );
}

export type ParsedBaseline =
  | { readonly baseline: Baseline }
  /** What is wrong with the text, and the way out. */
  | { readonly problem: string };

/** Reads what `formatBaseline` wrote, and what people made of it. Never throws. */
export function parseBaseline(text: string): ParsedBaseline {
  if (CONFLICT.test(text)) {
    return { problem: 'it holds a merge conflict: run `ringfence baseline` again, which takes what both sides know' };
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { problem: 'it is no JSON: restore it, or run `ringfence baseline` to write a new one' };
  }
  if (!isRecord(document)) return { problem: 'it is no JSON object: run `ringfence baseline` to write a new one' };
  const { schema } = document;
  if (schema !== 'ringfence.baseline/1') {
    const version = typeof schema === 'string' ? /^ringfence\.baseline\/(\d+)$/.exec(schema)?.[1] : undefined;
    return version === undefined
      ? { problem: 'it is no ringfence baseline: its "schema" should be "ringfence.baseline/1"' }
      : { problem: `it has version ${version}, this ringfence reads version 1: update ringfence` };
  }
  const problems: string[] = [];
  const read = <T>(name: string, expected: string, readFact: (fact: unknown) => T | undefined): T[] => {
    const facts = document[name] ?? [];
    if (!Array.isArray(facts)) {
      problems.push(`"${name}" should be a list of ${expected}`);
      return [];
    }
    return facts.flatMap((fact, index) => {
      const value = readFact(fact);
      if (value === undefined) problems.push(`"${name}" should hold ${expected}, entry ${index + 1} does not`);
      return value === undefined ? [] : [value];
    });
  };
  const tracesAtLeast = document['tracesAtLeast'] ?? 0;
  if (typeof tracesAtLeast !== 'number') problems.push('"tracesAtLeast" should be a number');
  const baseline: Baseline = {
    schema,
    tracesAtLeast: typeof tracesAtLeast === 'number' ? tracesAtLeast : 0,
    dependencies: read('dependencies', '{ caller, callee, mode }', readDependency),
    cycles: read('cycles', 'lists of services', readCycle),
    accepted: read('accepted', '{ caller, callee, reason }', readAccepted),
    criticalServices: read('criticalServices', 'services', readText),
    pciScope: read('pciScope', '{ service, class }', readScope),
    cdeDependencies: read('cdeDependencies', '{ caller, callee }', readCall),
    externalPeers: read('externalPeers', 'names', readText),
  };
  return problems.length === 0 ? { baseline } : { problem: problems.join('; ') };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readText(fact: unknown): string | undefined {
  return typeof fact === 'string' ? fact : undefined;
}

function readCall(fact: unknown): BaselineCall | undefined {
  if (!isRecord(fact)) return undefined;
  const { caller, callee } = fact;
  return typeof caller === 'string' && typeof callee === 'string' ? { caller, callee } : undefined;
}

function readDependency(fact: unknown): BaselineDependency | undefined {
  if (!isRecord(fact)) return undefined;
  const { caller, callee, mode } = fact;
  if (typeof caller !== 'string' || typeof callee !== 'string') return undefined;
  return mode === 'sync' || mode === 'async' ? { caller, callee, mode } : undefined;
}

function readCycle(fact: unknown): readonly string[] | undefined {
  return Array.isArray(fact) && fact.length > 0 && fact.every((id) => typeof id === 'string') ? fact : undefined;
}

function readAccepted(fact: unknown): AcceptedEdge | undefined {
  if (!isRecord(fact)) return undefined;
  const { caller, callee, reason, owner, expires } = fact;
  if (typeof caller !== 'string' || typeof callee !== 'string' || typeof reason !== 'string') return undefined;
  if (owner !== undefined && typeof owner !== 'string') return undefined;
  if (expires !== undefined && (typeof expires !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(expires))) return undefined;
  return {
    caller,
    callee,
    reason,
    ...(owner === undefined ? {} : { owner }),
    ...(expires === undefined ? {} : { expires }),
  };
}

function readScope(fact: unknown): BaselineScope | undefined {
  if (!isRecord(fact)) return undefined;
  const { service, class: pciClass } = fact;
  if (typeof service !== 'string') return undefined;
  return pciClass === 'cde' || pciClass === 'connected-to' || pciClass === 'security-impacting'
    ? { service, class: pciClass }
    : undefined;
}
