import { emptyRollup } from '../analyzer/rollup/merge-rollups.ts';
import type { Rollup } from '../analyzer/rollup/rollup.ts';
import { RollupReader } from '../analyzer/rollup/rollup-reader.ts';
import { ROLLUP_MEDIA_TYPE } from './server/rollup-media-type.ts';
import { isUrl, withoutCredentials } from './source/pull/pull-source.ts';
import { SourceError } from './source/source-error.ts';

/** A summary is of dependencies and operations, so it is small whatever the traffic. */
const MOST_BYTES = 256 * 2 ** 20;
const TIME_LIMIT_MS = 60_000;

const PARAMETERS = ['from', 'to', 'environment'];

/** A plain URL is another ringfence; trace backends say what they are: `jaeger+http://…`. */
export function isRingfenceUrl(source: string): boolean {
  return isUrl(source) && /^https?:/i.test(source);
}

/**
 * What a running ringfence has seen: `http://host:4320?from=2026-11-22T00:00:00Z&to=…&environment=…`. The policy that judges
 * it is the caller's own. Throws `SourceError`, whose message holds no credentials.
 */
export async function fetchRollup(source: string, environment: string | undefined): Promise<Rollup> {
  const label = withoutCredentials(source);
  let url: URL;
  try {
    url = new URL(source);
  } catch {
    throw new SourceError(`${label}: not a valid URL`);
  }
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.includes(name))
      throw new SourceError(`${label}: unknown parameter "${name.slice(0, 40)}" (known are ${PARAMETERS.join(', ')})`);
  }
  if (environment !== undefined) url.searchParams.set('environment', environment);
  const headers: Record<string, string> = { accept: ROLLUP_MEDIA_TYPE };
  if (url.username !== '' || url.password !== '') {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  url.username = url.password = '';
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/rollup`;
  const rollup = emptyRollup();
  const reader = new RollupReader(rollup);
  const bytes = await ask(url, headers, label);
  try {
    reader.add(bytes);
    reader.finish();
  } catch {
    throw new SourceError(
      `${label}: it answers in another form than this version reads: run the same version on both sides`,
    );
  }
  return rollup;
}

async function ask(url: URL, headers: Record<string, string>, label: string): Promise<Uint8Array> {
  let response: Response;
  try {
    // A redirect could lead anywhere.
    response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(TIME_LIMIT_MS) });
  } catch (error) {
    throw new SourceError(`${label}: no answer (${reasonOf(error)}): is ringfence serve running there?`);
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new SourceError(
      `${label}: answers ${response.status}: ${HINTS[response.status] ?? 'see the log of the other side'}`,
    );
  }
  if (response.headers.get('content-type') !== ROLLUP_MEDIA_TYPE) {
    await response.body?.cancel();
    throw new SourceError(
      `${label}: that is no ringfence; of a trace backend say which it is: jaeger+http, tempo+http or zipkin+http`,
    );
  }
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      byteCount += chunk.length;
      if (byteCount > MOST_BYTES)
        throw new SourceError(`${label}: the answer has more than ${MOST_BYTES >> 20} MiB: ask for less`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new SourceError(`${label}: the answer broke off (${reasonOf(error)})`);
  }
  return Buffer.concat(chunks);
}

const HINTS: Readonly<Partial<Record<number, string>>> = {
  400: 'it does not understand from= or to=: write times like 2026-11-22T19:30:00Z',
  401: 'it wants a user and password in the URL',
  403: 'it does not let this user read',
  404: 'that is no ringfence, or an older one; of a trace backend say which it is: jaeger+http, tempo+http or zipkin+http',
};

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  if (error.name === 'TimeoutError') return `nothing within ${TIME_LIMIT_MS / 1000} s`;
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.message;
}
