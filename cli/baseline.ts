import { conclude } from '../analyzer/analyze.ts';
import {
  acceptCycle,
  baselineOf,
  checkOf,
  differenceOf,
  EMPTY_BASELINE,
  prunedBaseline,
} from '../analyzer/baseline/index.ts';
import type { Analysis } from '../analyzer/model/analysis.ts';
import type { Baseline, BaselineCall } from '../analyzer/model/baseline.ts';
import type { Policy } from '../analyzer/model/policy.ts';
import { cyclePath } from '../analyzer/report/terminal.ts';
import { plural, printable } from '../analyzer/report/text.ts';
import { mergeRollups } from '../analyzer/rollup/merge-rollups.ts';
import type { Rollup } from '../analyzer/rollup/rollup.ts';
import { readMergedBaseline, writeBaseline } from './baseline-file.ts';
import { EXIT, UsageError } from './exit.ts';
import { loadRollup } from './load.ts';
import { writeOutput } from './output.ts';
import { NOT_A_SPAN } from './not-a-span.ts';
import { loadPolicy } from './policy.ts';

export interface BaselineOptions {
  readonly baseline: string;
  readonly policy?: string;
  readonly environment?: string;
  /** Takes out what is gone for sure, and adds nothing. */
  readonly prune?: boolean;
  /** Takes out all that was not seen this time, and adds nothing. */
  readonly pruneUnseen?: boolean;
  /** A circle to accept by name: its id, or `a -> b -> a`. Nothing else is added. */
  readonly accept?: string;
  readonly reason?: string;
  readonly owner?: string;
  readonly expires?: string;
  /** A module that the Node processes of a command load first. */
  readonly import?: string;
  /** Seconds to wait for late spans of a command. */
  readonly wait: number;
}

/**
 * `ringfence baseline`: takes what the sources show, or one circle, as known and accepted; or takes out what is gone. With a
 * command, what it sends while it runs is a source too; of one that fails nothing is learned, and its exit code is ours.
 */
export async function baseline(
  sources: readonly string[],
  options: BaselineOptions,
  command: readonly string[] = [],
): Promise<number> {
  const { baseline: file, accept, prune = false, pruneUnseen = false } = options;
  checkOptions(sources.length + command.length, options);
  const policy = await loadPolicy(options.policy);
  const previous = await readMergedBaseline(file);
  const loaded = await load(sources, command, policy, options);
  if (typeof loaded === 'number') return loaded;
  const analysis = loaded && conclude(loaded, policy);
  let next: Baseline;
  if (accept !== undefined) next = accepting(accept, options, previous, analysis, policy);
  else if (prune || pruneUnseen)
    next = prunedBaseline(previous ?? EMPTY_BASELINE, analysis!, policy, { isUnseenGone: pruneUnseen });
  else next = baselineOf(analysis!, policy, previous === undefined ? {} : { previous });
  await writeBaseline(file, next);
  await writeOutput(`${summary(file, previous, next, policy).join('\n')}\n`, undefined);
  return EXIT.ok;
}

/** What was seen; the exit code of a command that failed; undefined where nothing was to be looked at. */
async function load(
  sources: readonly string[],
  command: readonly string[],
  policy: Policy,
  { environment, import: preload, wait }: BaselineOptions,
): Promise<Rollup | number | undefined> {
  const rollups: Rollup[] = [];
  if (command.length > 0) {
    const { exitCode, seen } = await (
      await import('./watched-command.ts')
    ).watchCommand(command, { policy, environment, preload, quietMs: wait * 1000 });
    if (exitCode !== 0) {
      process.stderr.write(`ringfence: ${command[0]!} ended with ${exitCode}: the baseline stays as it was\n`);
      return exitCode;
    }
    if (seen === undefined) throw new UsageError(`${command[0]!}: ${NOT_A_SPAN}`);
    rollups.push(seen.rollup);
  }
  if (sources.length > 0) rollups.push((await loadRollup(sources, policy, environment)).rollup);
  return rollups.length === 0 ? undefined : mergeRollups(rollups);
}

function checkOptions(sourceCount: number, options: BaselineOptions): void {
  const { accept, reason, owner, expires, prune = false, pruneUnseen = false } = options;
  if (accept === undefined) {
    if (sourceCount === 0) throw new UsageError('baseline needs a source to learn from; see ringfence baseline --help');
    const stray = [reason, owner, expires].some((option) => option !== undefined);
    if (stray) throw new UsageError('--reason, --owner and --expires belong to --accept CYCLE');
    return;
  }
  if (reason === undefined || reason.trim() === '')
    throw new UsageError('--accept needs a --reason: say why the circle may stay, for whoever reads the file later');
  if (prune || pruneUnseen) throw new UsageError('--accept adds and --prune takes out: do one after the other');
}

function accepting(
  text: string,
  { reason = '', owner, expires }: BaselineOptions,
  previous: Baseline | undefined,
  analysis: Analysis | undefined,
  policy: Policy,
): Baseline {
  const { services, closing } = acceptedCycle(text, previous, analysis, policy);
  const acceptance = {
    reason,
    ...(owner === undefined ? {} : { owner }),
    ...(expires === undefined ? {} : { expires }),
  };
  return acceptCycle(previous ?? EMPTY_BASELINE, services, acceptance, closing);
}

/** The circle that was named: by its path, which needs no traces, or by an id that a check printed. */
function acceptedCycle(
  text: string,
  previous: Baseline | undefined,
  analysis: Analysis | undefined,
  policy: Policy,
): { readonly services: readonly string[]; readonly closing?: BaselineCall } {
  const path = text.split(/\s*(?:->|→)\s*/).map((name) => name.trim());
  if (path.length > 1) {
    const services = path.at(-1) === path[0] ? path.slice(0, -1) : path;
    if (services.length < 2 || new Set(services).size < services.length || services.includes(''))
      throw new UsageError(`--accept "${text}": name each service of the circle once, such as "a -> b -> a"`);
    return { services };
  }
  if (analysis === undefined)
    throw new UsageError(`--accept ${text}: name the sources it was seen in too, or the circle itself: "a -> b -> a"`);
  const { newCycles } = checkOf(analysis, previous, policy, { baselineFile: '', policyFile: null }).comparison;
  const fresh = newCycles.find(({ id }) => id === text);
  if (fresh !== undefined) return { services: fresh.services, closing: fresh };
  const known = analysis.cycles.find(({ id }) => id === text);
  if (known !== undefined) {
    const [best] = known.breakAt;
    return best === undefined ? known : { services: known.services, closing: best };
  }
  const ids = [...newCycles, ...analysis.cycles].map(({ id, services }) => `\n  ${id}  ${cyclePath(services)}`);
  throw new UsageError(
    `--accept ${text}: the sources show no such circle; there is${ids.length === 0 ? ' none' : `:${[...new Set(ids)].join('')}`}`,
  );
}

/** What the file holds, and by how much it grew or shrank: growth is never silent. */
function summary(file: string, previous: Baseline | undefined, next: Baseline, policy: Policy): string[] {
  const lines = [
    `${file}: ${plural(next.dependencies.length, 'dependency', 'dependencies')} known, ` +
      `${plural(next.cycles.length, 'circle')} accepted, ${next.accepted.length} by name`,
  ];
  if (previous === undefined) {
    lines.push(...next.cycles.map((cycle) => `  + circle ${cyclePath(cycle)}`));
  } else {
    const difference = differenceOf({ label: '', baseline: previous }, { label: '', baseline: next }, policy);
    const { cycles, dependencies, ...others } = difference;
    for (const { services } of cycles.came) lines.push(`  + circle ${cyclePath(services)}`);
    for (const { services } of cycles.went) lines.push(`  - circle ${cyclePath(services)}`);
    lines.push(
      ...countChanges('dependency', 'dependencies', dependencies, ({ caller, callee }) => `${caller} → ${callee}`),
    );
    lines.push(...countChanges('critical service', 'critical services', others.criticalServices, (id) => id));
    lines.push(
      ...countChanges('service in PCI scope', 'services in PCI scope', others.pciScope, ({ service }) => service),
    );
    lines.push(
      ...countChanges(
        'way into the CDE',
        'ways into the CDE',
        others.cdeDependencies,
        ({ caller, callee }) => `${caller} → ${callee}`,
      ),
    );
    lines.push(...countChanges('peer outside', 'peers outside', others.externalPeers, (id) => id));
    if (lines.length === 1)
      lines.push(next.accepted.length === previous.accepted.length ? '  nothing changed' : '  accepted calls changed');
  }
  lines.push('Commit the file; `ringfence check` fails on what is not in it.');
  return lines;
}

/** Names as many as fit a glance. */
const MOST_NAMES = 3;

function countChanges<Fact>(
  one: string,
  many: string,
  {
    came,
    went,
    changed,
  }: {
    readonly came: readonly Fact[];
    readonly went: readonly Fact[];
    readonly changed: readonly { readonly after: Fact }[];
  },
  nameOf: (fact: Fact) => string,
): string[] {
  const line = (sign: string, facts: readonly Fact[]): string[] => {
    if (facts.length === 0) return [];
    const names = facts.slice(0, MOST_NAMES).map((fact) => printable(nameOf(fact)));
    const more = facts.length > MOST_NAMES ? ', …' : '';
    return [`  ${sign} ${plural(facts.length, one, many)}: ${names.join(', ')}${more}`];
  };
  return [
    ...line('+', came),
    ...line('-', went),
    ...line(
      '~',
      changed.map(({ after }) => after),
    ),
  ];
}
