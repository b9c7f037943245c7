import { nearestName } from '../../../analyzer/model/nearest-name.ts';
import { SourceError } from '../source-error.ts';

export type BackendName = 'jaeger' | 'tempo' | 'zipkin';

/** A trace backend as named on the command line or in the policy file, and how much to take from it. */
export interface PullSource {
  readonly backend: BackendName;
  /** Scheme, host and path of the backend's API, without a slash at the end. */
  readonly baseUrl: string;
  /** The source as it was named, without credentials: for messages. */
  readonly label: string;
  /** Value of the Authorization header; never part of a message. */
  readonly authorization: string | undefined;
  readonly window: DeclaredWindow;
  /** Sorted; empty for all. */
  readonly services: readonly string[];
  /** Traces to take at most. */
  readonly traceLimit: number | undefined;
  /** Traces per answer; each backend has its own default. */
  readonly pageSize: number | undefined;
  /** Bytes of all answers, unpacked. */
  readonly byteLimit: number;
  readonly timeLimitMs: number;
}

/** Times in microseconds; `fromUs` is undefined where the window is said by its length, `toUs` where it ends now. */
export interface DeclaredWindow {
  readonly lookbackUs: number;
  readonly fromUs: number | undefined;
  readonly toUs: number | undefined;
}

/** True for what looks like a URL, of whatever scheme: never the name of a file. */
export function isUrl(source: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(source);
}

/**
 * Reads `jaeger+http://host:16686?lookback=1h&service=a`. Credentials come from the URL, else as a token from
 * `RINGFENCE_SOURCE_TOKEN`. Throws `SourceError`, whose message holds no credentials.
 */
export function parsePullSource(
  source: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): PullSource {
  const [, backend, scheme, rest] = /^([a-z0-9]+)\+(https?):\/\/(.*)$/is.exec(source) ?? [];
  if (backend === undefined || scheme === undefined || rest === undefined) throw unsupported(source);
  if (!isBackendName(backend)) {
    const meant = nearestName(backend, BACKENDS);
    const suggestion = meant === undefined ? '' : ` (did you mean ${meant}+${scheme}?)`;
    throw new SourceError(`${withoutCredentials(source)}: there is no ${backend}+${scheme}${suggestion}; ${SUPPORTED}`);
  }
  let url: URL;
  try {
    url = new URL(`${scheme}://${rest}`);
  } catch {
    throw new SourceError(`${withoutCredentials(source)}: not a valid URL; ${SUPPORTED}`);
  }
  if (url.pathname.includes('@')) {
    throw new SourceError(`${withoutCredentials(source)}: a / in user or password is written %2F, an @ in a path %40`);
  }
  const label = `${backend}+${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
  const parameters = parametersOf(url.searchParams, label);
  const single = (name: ParameterName) => parameters.get(name)?.[0];
  const fromUs = timeOf(single('from'), 'from', label);
  const toUs = timeOf(single('to'), 'to', label);
  const lookback = single('lookback');
  if (lookback !== undefined && fromUs !== undefined) {
    throw new SourceError(`${label}: lookback= and from= both say where to begin: take one`);
  }
  if (fromUs !== undefined && toUs !== undefined && fromUs >= toUs) {
    throw new SourceError(`${label}: from= is not before to=`);
  }
  return {
    backend,
    baseUrl: `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`,
    label,
    authorization: authorizationOf(url, environment['RINGFENCE_SOURCE_TOKEN'], label),
    window: { lookbackUs: durationMs(lookback ?? '1h', 'lookback', label) * 1000, fromUs, toUs },
    services: [...new Set(parameters.get('service') ?? [])].sort(),
    traceLimit: optional(single('limit'), (text) => countOf(text, 'limit', label)),
    pageSize: optional(single('pageSize'), (text) => countOf(text, 'pageSize', label)),
    byteLimit: countOf(single('maxMiB') ?? '2048', 'maxMiB', label) * 2 ** 20,
    timeLimitMs: durationMs(single('maxTime') ?? '15m', 'maxTime', label),
  };
}

const BACKENDS: readonly BackendName[] = ['jaeger', 'tempo', 'zipkin'];
const PARAMETERS = ['lookback', 'from', 'to', 'service', 'limit', 'pageSize', 'maxMiB', 'maxTime'] as const;
type ParameterName = (typeof PARAMETERS)[number];

const SUPPORTED =
  'traces are pulled from jaeger+http://host:16686, tempo+http://host:3200 and zipkin+http://host:9411 (or +https)';

function isBackendName(name: string): name is BackendName {
  return (BACKENDS as readonly string[]).includes(name);
}

function unsupported(source: string): SourceError {
  const label = withoutCredentials(source);
  if (!/^https?:/i.test(source)) return new SourceError(`${label}: no such kind of source; ${SUPPORTED}`);
  return new SourceError(`${label}: say what answers there: ${SUPPORTED}; another ringfence cannot be read yet`);
}

/** A source as messages may name it. Also for what is no valid URL: nothing of a user, nothing of the query. */
export function withoutCredentials(source: string): string {
  if (!isUrl(source)) return source;
  const [, scheme = '', authority = '', rest = ''] = /^([^/]*:\/\/)([^/?#]*)(.*)$/s.exec(source) ?? [];
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  // A password with a slash in it looks like a host and a path.
  if (host === authority && rest.includes('@')) return `${scheme}…`;
  return `${scheme}${host}${/^[^?#]*/.exec(rest)![0]}`;
}

function parametersOf(given: URLSearchParams, label: string): Map<ParameterName, string[]> {
  const parameters = new Map<ParameterName, string[]>();
  for (const [name, value] of given) {
    if (!isParameterName(name)) {
      const meant = nearestName(name, PARAMETERS);
      const suggestion = meant === undefined ? `known are ${PARAMETERS.join(', ')}` : `did you mean "${meant}"?`;
      throw new SourceError(`${label}: unknown parameter "${printable(name)}" (${suggestion})`);
    }
    const values = parameters.get(name) ?? [];
    if (values.length > 0 && name !== 'service') throw new SourceError(`${label}: ${name}= is given twice`);
    if (value === '') throw new SourceError(`${label}: ${name}= is empty`);
    parameters.set(name, [...values, value]);
  }
  return parameters;
}

function isParameterName(name: string): name is ParameterName {
  return (PARAMETERS as readonly string[]).includes(name);
}

/** Basic for a user in the URL, which goes before the token of the environment. */
function authorizationOf(url: URL, token: string | undefined, label: string): string | undefined {
  if (url.username !== '' || url.password !== '') {
    try {
      const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      return `Basic ${Buffer.from(pair).toString('base64')}`;
    } catch {
      throw new SourceError(`${label}: user or password in the URL are not percent-encoded: write % as %25`);
    }
  }
  if (token === undefined || token === '') return undefined;
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new SourceError('RINGFENCE_SOURCE_TOKEN has white space or other characters a header cannot carry');
  }
  return `Bearer ${token}`;
}

const UNIT_MS: Readonly<Partial<Record<string, number>>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

function durationMs(text: string, name: string, label: string): number {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  const valueMs = Number(count) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  if (!(valueMs > 0)) {
    throw new SourceError(`${label}: ${name}= is a length of time such as 90s, 15m, 6h or 7d`);
  }
  return valueMs;
}

function timeOf(text: string | undefined, name: string, label: string): number | undefined {
  if (text === undefined) return undefined;
  // A plus in a query is a space to some, and zones have one.
  const valueMs = /^\d{9,10}$/.test(text)
    ? Number(text) * 1000
    : /^\d{4}-\d\d-\d\d(T.*(Z|[+ -]\d\d:\d\d))?$/.test(text)
      ? Date.parse(text.replace(' ', '+'))
      : Number.NaN;
  if (Number.isFinite(valueMs)) return valueMs * 1000;
  throw new SourceError(`${label}: ${name}= is a time such as 2026-11-22T08:00:00Z, or seconds since 1970`);
}

function countOf(text: string, name: string, label: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > MAX_COUNT) {
    throw new SourceError(`${label}: ${name}= is a whole number from 1 to ${MAX_COUNT}`);
  }
  return value;
}

const MAX_COUNT = 10_000_000;

function optional<T>(text: string | undefined, read: (text: string) => T): T | undefined {
  return text === undefined ? undefined : read(text);
}

function printable(text: string): string {
  return text.slice(0, 40).replace(/[^\x20-\x7e]/g, '?');
}
