import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Analysis } from '../analyzer/model/analysis.ts';
import { runCommand, startCommand } from '../fixtures/command.ts';

const FREE_PORTS = ['--port', '0', '--otlp-port', '0', '--grpc-port', '0', '--zipkin-port', '0'];
const JSON_TYPE = { 'content-type': 'application/json' };

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'ringfence-serve-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

describe('the doors of serve', () => {
  it('are named with their addresses, those that are off are not', async () => {
    const command = startCommand(['serve', '--data', data, ...FREE_PORTS, '--zipkin-port', 'off']);
    await command.printed(/OTLP\/HTTP {3}http:\/\/127\.0\.0\.1:\d+\/v1\/traces/);
    await command.printed(/OTLP\/gRPC {3}http:\/\/127\.0\.0\.1:\d+ /);
    // Doors are printed before the data directory.
    const [everything] = await command.printed(/^[^]*\ndata {8}/);
    expect(everything).not.toMatch(/Zipkin|Jaeger/);
    expect(await command.interrupt()).toBe(0);
  });

  it.each([
    ['OTLP/HTTP', '--otlp-port'],
    ['OTLP/gRPC', '--grpc-port'],
    ['Zipkin', '--zipkin-port'],
    ['Jaeger', '--jaeger-port'],
    ['web map', '--port'],
  ])('56: a taken port is said with %s and %s', async (door, option) => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    // A second copy of an option counts.
    const { exitCode, stderr } = runCommand(['serve', '--data', data, ...FREE_PORTS, option, String(port)]);
    other.close();
    expect(stderr).toBe(
      `ringfence: ${door}: port ${port} is taken: stop what listens there, or choose another with ${option} (0 takes any free one)\n`,
    );
    expect(exitCode).toBe(2);
  });

  it.each([
    [['--cors-origin', '*'], /name each origin/],
    [['--cors-origin', 'https://shop.example/path'], /an origin is a scheme, a host/],
    [['--cors-origin', 'null'], /an origin is a scheme, a host/],
    [['--cors-header', 'x: y'], /name of a header/],
    [['--accept-encoding', 'br'], /give deflate or zstd/],
    [['--grpc-port', '65536'], /from 0 to 65535/],
  ])('47: %s is refused at start', (args, says) => {
    const { exitCode, stderr } = runCommand(['serve', '--data', data, ...FREE_PORTS, ...args]);
    expect(stderr).toMatch(says);
    expect(exitCode).toBe(2);
  });

  it('47: an origin, a header and an encoding of the command line reach the doors', async () => {
    const origin = 'https://shop.example';
    const allowed = ['--cors-origin', origin, '--cors-header', 'Authorization', '--accept-encoding', 'deflate'];
    const command = startCommand(['serve', '--data', data, ...FREE_PORTS, ...allowed]);
    const [, url] = await command.printed(/OTLP\/HTTP {3}(\S+)/);
    const headers = { origin, 'access-control-request-method': 'POST' };
    const preflight = await fetch(url!, { method: 'OPTIONS', headers });
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    const brotli = await fetch(url!, {
      method: 'POST',
      headers: { ...JSON_TYPE, 'content-encoding': 'br' },
      body: '{}',
    });
    expect([brotli.status, brotli.headers.get('accept-encoding')]).toEqual([415, 'gzip, deflate']);
    await command.interrupt();
  });
});

describe('the life of serve', () => {
  it('43: the same request sent twice is taken twice and counted once; 45: SIGTERM ends it with 0', async () => {
    const command = startCommand(['serve', '--data', data, ...FREE_PORTS]);
    const [, web] = await command.printed(/ringfence {3}(\S+)/);
    const [, otlp] = await command.printed(/OTLP\/HTTP {3}(\S+)/);
    const body = JSON.stringify(callFrom('shop', 'payments'));
    for (let time = 0; time < 2; time++) {
      expect((await fetch(otlp!, { method: 'POST', headers: JSON_TYPE, body })).status).toBe(200);
    }
    let analysis: Analysis | undefined;
    for (let waitedMs = 0; (analysis?.traceCount ?? 0) === 0 && waitedMs < 25_000; waitedMs += 250) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      analysis = (await (await fetch(`${web!}/api/v1/analysis`)).json()) as Analysis;
    }
    expect(analysis!.traceCount).toBe(1);
    expect(analysis!.dependencies.map(({ caller, callee, callCount }) => [caller, callee, callCount])).toEqual([
      ['shop', 'payments', 1],
    ]);
    expect(await command.interrupt('SIGTERM')).toBe(0);
  });
});

/** One call from one service to another, both halves. */
function callFrom(caller: string, callee: string): object {
  const startUs = Date.now() * 1000;
  const half = (service: string, span: object) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
    scopeSpans: [
      {
        spans: [
          {
            traceId: 'ab'.repeat(16),
            name: 'pay',
            startTimeUnixNano: `${startUs}000`,
            endTimeUnixNano: `${startUs + 50}000`,
            ...span,
          },
        ],
      },
    ],
  });
  return {
    resourceSpans: [
      half(caller, { spanId: '11'.repeat(8), kind: 3 }),
      half(callee, { spanId: '22'.repeat(8), parentSpanId: '11'.repeat(8), kind: 2 }),
    ],
  };
}
