import type { IncomingMessage } from 'node:http';

import type { Cors } from './cors.ts';
import { RPC_CODE } from './otlp-messages.ts';
import { badRequest, Refusal } from './refusal.ts';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Refuses what a web page on another site makes a browser send to this machine. A page reaches a loopback port under a
 * name of its own (DNS rebinding), which the Host header shows, or across origins, which Origin shows. Origins that `cors`
 * names are welcome.
 */
export function checkOrigin(request: IncomingMessage, boundHosts: readonly string[], cors: Cors): void {
  const hostCount = request.rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === 'host').length;
  // Node lets a second Host pass; two of them are read as one by us and as the other by a proxy.
  if (hostCount !== 1) throw badRequest('a request has exactly one Host header');
  if (!boundHosts.every(isLoopbackHost)) return;

  const allowed = [...LOOPBACK_NAMES, ...boundHosts];
  const authorities = [request.headers.host ?? '', authorityOf(request.url ?? '')];
  if (authorities.some((authority) => authority !== undefined && !allowed.includes(hostName(authority)))) {
    const message = 'this port answers to localhost, 127.0.0.1 and [::1] only';
    throw new Refusal(421, { code: RPC_CODE.permissionDenied, message });
  }
  const { origin } = request.headers;
  if (origin === undefined || cors.allows(origin)) return;
  if (!allowed.includes(hostName(authorityOf(origin) ?? ''))) {
    throw new Refusal(403, { code: RPC_CODE.permissionDenied, message: 'requests from other origins are refused' });
  }
}

/** The path of a request target, which may be a whole URL, without its query. */
export function pathOf(target: string): string {
  const path = target.slice(authorityOf(target) === undefined ? 0 : /^https?:\/\/[^/?#]*/i.exec(target)![0].length);
  return path.split('?', 1)[0]!;
}

function authorityOf(url: string): string | undefined {
  return /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
}

/** `LocalHost.:4318` is `localhost`. */
function hostName(authority: string): string {
  return authority.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
