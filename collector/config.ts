import { readFile } from 'node:fs/promises';
import { isMap, isPair, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { nearestName } from '../analyzer/model/nearest-name.ts';
import {
  DEFAULT_PREREQUISITES,
  PREREQUISITES,
  SECURITY_ROLES,
  type Policy,
  type RuleName,
  type ServicePolicy,
} from '../analyzer/model/policy.ts';
import { RULE_NAMES } from '../analyzer/model/severity.ts';

/** The policy file cannot be used. The message has one line for each fault, with file and line, and says the way out. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/** A trace backend that `serve` pulls from. Its URL may hold a password, so it is no part of the policy, which is shown. */
export interface DeclaredSource {
  readonly url: string;
  readonly intervalMs: number;
}

/** Reads `ringfence.yaml`, without its sources. Throws `PolicyError`. */
export async function readPolicy(path: string): Promise<Policy> {
  return parsePolicy(await textOf(path), path);
}

/** Reads the `sources:` of `ringfence.yaml`. Throws `PolicyError`. */
export async function readDeclaredSources(path: string): Promise<readonly DeclaredSource[]> {
  const { sources = [] } = parsePolicyFile(await textOf(path), path);
  return sources.map(({ url, interval }) => ({ url, intervalMs: intervalMs(interval ?? '60s') }));
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    throw new PolicyError(`${path}: the policy file cannot be read (${code})`);
  }
}

/** Checks the text of a policy file. `fileName` is for the messages. Throws `PolicyError`. */
export function parsePolicy(text: string, fileName: string): Policy {
  return policyOf(parsePolicyFile(text, fileName));
}

function parsePolicyFile(text: string, fileName: string): z.infer<typeof policySchema> {
  if (text.length > MAX_LENGTH) {
    throw new PolicyError(
      `${fileName}: a policy file has at most ${MAX_LENGTH / 1024} KiB, this is ${Math.ceil(text.length / 1024)}`,
    );
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const faults = [...document.errors, ...document.warnings].map(({ pos, message }) => {
    const { line, col } = lineCounter.linePos(pos[0]);
    return `${fileName}:${line}:${col}: not valid YAML: ${firstLine(message)}`;
  });
  if (faults.length > 0) throw new PolicyError(faults.join('\n'));

  const lineOf = (path: readonly PropertyKey[]) => lineCounter.linePos(offsetOf(document.contents, path)).line;
  const checked = policySchema.safeParse(valueOf(document, fileName) ?? {});
  if (!checked.success) {
    const lines = checked.error.issues.flatMap((issue) => explain(issue, fileName, lineOf));
    throw new PolicyError(lines.join('\n'));
  }
  return checked.data;
}

const MAX_LENGTH = 1024 * 1024;

/** `caller -> callee`, in the file one text. */
const ARROW = /^\s*(\S.*?)\s*->\s*(\S.*?)\s*$/;

const name = z.string().min(1, 'must not be empty');

/** A map from names the user chose. Zod's own record leaves out a name such as `__proto__`, without a word. */
function namedBy<T extends z.ZodType>(schema: T) {
  const entries = (value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : value;
  return z.preprocess(entries, z.map(name, schema));
}

/** Who says that a service has what traces do not show, and since when. */
const attestationSchema = z.strictObject({ by: name, on: z.iso.date('must be a date such as 2027-01-31') });

const serviceSchema = z
  .strictObject({
    owner: name,
    function: name,
    criticality: z.enum(['critical', 'high', 'medium', 'low']),
    pci: z.enum(['cde', 'connected-to', 'security-impacting', 'out-of-scope']),
    reason: name,
    expires: z.iso.date('must be a date such as 2027-01-31'),
    role: z.enum(SECURITY_ROLES),
    confirmedBy: name,
    confirmedOn: z.iso.date('must be a date such as 2027-01-31'),
    attested: z.partialRecord(z.enum(PREREQUISITES), attestationSchema),
  })
  .partial()
  .superRefine(({ pci, reason, expires }, context) => {
    if (pci !== 'out-of-scope') return;
    // Traces can never show that a system is out of scope, so somebody must answer for it, and again after a while.
    if (reason === undefined) context.addIssue({ code: 'custom', message: 'out-of-scope needs a reason: say why' });
    if (expires === undefined)
      context.addIssue({ code: 'custom', message: 'out-of-scope needs expires: a date on which to confirm it again' });
  });

const prerequisitesSchema = z
  .strictObject({
    all: z.array(z.enum(PREREQUISITES)),
    'critical-path': z.array(z.enum(PREREQUISITES)),
    pci: z.array(z.enum(PREREQUISITES)),
  })
  .partial();

const severity = z.enum(['error', 'warning', 'note', 'off']);

const INTERVAL = /^([1-9]\d{0,4})([smh])$/;

function intervalMs(text: string): number {
  const [, count, unit] = INTERVAL.exec(text) ?? [];
  return Number(count) * (unit === 's' ? 1000 : unit === 'm' ? 60_000 : 3_600_000);
}

const sourceSchema = z.strictObject({
  url: name,
  interval: z.string().regex(INTERVAL, 'must be a length of time such as 30s, 5m or 1h').optional(),
});

const rulesSchema = z.strictObject(
  Object.fromEntries(RULE_NAMES.map((rule) => [rule, severity.optional()])) as Record<
    RuleName,
    z.ZodOptional<typeof severity>
  >,
);

const names = z.union([name.transform((one) => [one]), z.array(name).min(1, 'must name at least one')], {
  error: 'must be a name or a list of names; * stands for any text',
});
const arrow = z.string().regex(ARROW, 'must read "caller -> callee"');

const forbiddenSchema = z.strictObject({
  from: names,
  to: names,
  mode: z.enum(['any', 'sync', 'async', 'data']).optional(),
  reach: z.enum(['direct', 'reachable']).optional(),
  // People keep to rules they understand.
  reason: z.string('needs a reason: say why').min(1, 'must not be empty'),
  severity: severity.optional(),
  except: z.array(arrow).optional(),
});

const policySchema = z
  .strictObject({
    services: namedBy(serviceSchema),
    paymentProviderHosts: z.array(name),
    proxies: z.array(name),
    aliases: namedBy(name),
    entryPoints: z.array(name),
    neverAsync: z.array(arrow),
    forbidden: z.array(forbiddenSchema),
    rules: rulesSchema,
    prerequisites: prerequisitesSchema,
    minTraces: z.int().min(1, 'must be at least 1'),
    sources: z.array(sourceSchema),
  })
  .partial()
  .superRefine(({ aliases = new Map<string, string>() }, context) => {
    for (const [old, current] of aliases) {
      if (!aliases.has(current)) continue;
      const message = `"${current}" is itself an alias: name the service it stands for`;
      context.addIssue({ code: 'custom', path: ['aliases', old], message });
    }
  });

function servicePolicyOf({ attested, ...declared }: z.infer<typeof serviceSchema>): ServicePolicy {
  if (attested === undefined) return present(declared);
  const known = PREREQUISITES.flatMap((prerequisite) => {
    const attestation = attested[prerequisite];
    return attestation === undefined ? [] : [[prerequisite, attestation] as const];
  });
  return { ...present(declared), attested: new Map(known) };
}

function policyOf(file: z.infer<typeof policySchema>): Policy {
  return {
    services: new Map([...(file.services ?? [])].map(([service, declared]) => [service, servicePolicyOf(declared)])),
    paymentProviderHosts: file.paymentProviderHosts ?? [],
    proxies: file.proxies ?? [],
    aliases: file.aliases ?? new Map(),
    entryPoints: file.entryPoints ?? [],
    neverAsync: (file.neverAsync ?? []).map(pairOf),
    forbidden: (file.forbidden ?? []).map((rule) => ({
      ...present(rule),
      mode: rule.mode ?? 'any',
      reach: rule.reach ?? 'direct',
      except: (rule.except ?? []).map(pairOf),
    })),
    severities: present(file.rules ?? {}),
    minTraces: file.minTraces ?? 1,
    ...(file.prerequisites === undefined
      ? {}
      : { prerequisites: { ...DEFAULT_PREREQUISITES, ...present(file.prerequisites) } }),
  };
}

function pairOf(text: string): readonly [caller: string, callee: string] {
  const [, caller = '', callee = ''] = ARROW.exec(text) ?? [];
  return [caller, callee];
}

/** Without the fields that are undefined: absent is absent. */
function present<T extends object>(fields: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}

/** The file's value; the limit on aliases is against a small file that unfolds to gigabytes. */
function valueOf(document: ReturnType<typeof parseDocument>, fileName: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch {
    throw new PolicyError(`${fileName}: too many or unresolved YAML aliases: write the values out`);
  }
}

/** One line for each fault: place, what is wrong, what would be right. */
function explain(
  issue: z.core.$ZodIssue,
  fileName: string,
  lineOf: (path: readonly PropertyKey[]) => number,
): string[] {
  const where = issue.path.length === 0 ? 'the policy' : issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const meant = nearestName(key, keysAt(issue.path));
      const suggestion =
        meant === undefined ? `known are ${keysAt(issue.path).join(', ')}` : `did you mean "${meant}"?`;
      return `${fileName}:${lineOf([...issue.path, key])}: unknown key "${key}" in ${where} (${suggestion})`;
    });
  }
  const prefix = `${fileName}:${lineOf(issue.path)}: ${where}`;
  if (issue.code === 'invalid_value') return [`${prefix}: must be one of ${issue.values.map(String).join(', ')}`];
  if (issue.code === 'invalid_type') return [`${prefix}: must be ${NAME_OF_TYPE[issue.expected] ?? issue.expected}`];
  return [`${prefix}: ${issue.message}`];
}

const NAME_OF_TYPE: Readonly<Partial<Record<string, string>>> = {
  array: 'a list',
  object: 'a map of keys and values',
  map: 'a map of keys and values',
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
};

/** The keys the schema knows at a place in the file. */
function keysAt(path: readonly PropertyKey[]): string[] {
  if (path.length === 0) return Object.keys(policySchema.shape);
  if (path[0] === 'rules') return [...RULE_NAMES];
  if (path[0] === 'prerequisites') return Object.keys(prerequisitesSchema.shape);
  if (path[2] === 'attested') return path.length === 3 ? [...PREREQUISITES] : Object.keys(attestationSchema.shape);
  if (path[0] === 'forbidden') return Object.keys(forbiddenSchema.shape);
  return Object.keys(path[0] === 'sources' ? sourceSchema.shape : serviceSchema.shape);
}

/** Where the key at the end of a path stands, or the deepest part of the path the file has. */
function offsetOf(root: Node | null, path: readonly PropertyKey[]): number {
  let offset = root?.range?.[0] ?? 0;
  let node: unknown = root;
  for (const part of path) {
    if (!isMap(node)) {
      const item: unknown =
        typeof node === 'object' && node !== null && 'items' in node
          ? (node.items as unknown[])[Number(part)]
          : undefined;
      offset = (item as Node | undefined)?.range?.[0] ?? offset;
      node = item;
      continue;
    }
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
    if (!isPair(pair) || !isScalar(pair.key)) return offset;
    offset = pair.key.range?.[0] ?? offset;
    node = pair.value;
  }
  return offset;
}

function firstLine(text: string): string {
  return text.split('\n')[0]!;
}
