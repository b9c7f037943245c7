import { describe, expect, it } from 'vitest';
import type { Span } from '../model/span.ts';
import { createDictionary, SpanTable } from '../model/span-table.ts';
import { Failures } from './failures.ts';
import { maskIds, Operations } from './operations.ts';
import { RowAttributes } from './row-attributes.ts';
import { SPAN_KIND, type SpanKind } from '../model/span.ts';

function rowOf(attributes: Span['attributes'], name = ''): { readonly table: SpanTable; readonly row: RowAttributes } {
  const table = new SpanTable(createDictionary());
  table.addSpan({ traceId: '1', spanId: '1', resource: { service: 'a' }, name, attributes });
  const row = new RowAttributes();
  row.load(table, 0);
  return { table, row };
}

describe('operations', () => {
  it.each<readonly [string, Span['attributes'], string]>([
    ['GET', { 'http.request.method': 'GET', 'http.route': '/v2/droplets/:id' }, 'GET /v2/droplets/:id'],
    ['GET /v2/droplets/77', { 'http.request.method': 'GET' }, 'GET /v2/droplets/{id}'],
    ['x', { 'rpc.service': 'orders.Orders', 'rpc.method': 'Place' }, 'orders.Orders/Place'],
    ['x', { 'rpc.service': 'orders.Orders', 'rpc.method': 'orders.Orders/Place' }, 'orders.Orders/Place'],
    ['x', { 'rpc.method': 'Place' }, 'Place'],
    ['x', { 'messaging.operation.type': 'process', 'messaging.destination.name': 'reply-41' }, 'process reply-{id}'],
    ['x', { 'db.operation.name': 'SELECT', 'db.collection.name': 'invoices' }, 'SELECT invoices'],
    ['x', { 'db.operation.name': 'PING' }, 'PING'],
    ['reconcile', {}, 'reconcile'],
  ])('%s %o is %s', (name, attributes, expected) => {
    const { table, row } = rowOf(attributes, name);
    const operations = new Operations(table.dictionary.strings);
    const operation = operations.of(row, table.names[0]!);
    expect(operations.text(operation)).toBe(expected);
    expect(operations.of(row, table.names[0]!)).toBe(operation);
  });

  it.each([
    ['GET /users/42/orders/9f86d081', 'GET /users/{id}/orders/{id}'],
    ['job 3F2504E0-4F89-11D3-9A0C-0305E82C3301 done', 'job {id} done'],
    ['/v2/s3/oauth2/sha256', '/v2/s3/oauth2/sha256'],
    ['/search?q=1', '/search'],
    ['01ARZ3NDEKTSV4RRFFQ69G5FAV', '{id}'],
    ['deadbeef', 'deadbeef'],
    ['a'.repeat(300), 'a'.repeat(200)],
  ])('masks %s', (name, expected) => {
    expect(maskIds(name)).toBe(expected);
  });
});

describe('failures', () => {
  it.each<readonly [SpanKind, number, Span['attributes'], boolean]>([
    ['server', 2, {}, true],
    ['server', 1, { error: 'true' }, false],
    ['server', 0, { error: 'true' }, true],
    ['server', 0, { error: 'false', 'http.response.status_code': '500' }, false],
    ['client', 0, { 'http.response.status_code': '404' }, true],
    ['server', 0, { 'http.response.status_code': '404' }, false],
    ['server', 0, { 'http.response.status_code': '503' }, true],
    ['client', 0, { 'http.response.status_code': '302' }, false],
    ['client', 0, { 'rpc.status_code': '5' }, true],
    ['server', 0, { 'rpc.status_code': '5' }, false],
    ['server', 0, { 'rpc.status_code': 'UNAVAILABLE' }, true],
    ['client', 0, { 'rpc.status_code': 'CANCELLED' }, false],
    ['client', 0, { 'rpc.status_code': '0' }, false],
    ['internal', 0, {}, false],
  ])('%s, status %i, %o: %s', (kind, status, attributes, expected) => {
    const { table, row } = rowOf(attributes);
    expect(new Failures(table.dictionary.strings).isFailed(status, SPAN_KIND[kind], row)).toBe(expected);
  });
});
