import { describe, expect, it } from 'vitest';
import { meaningOf } from './event-name.ts';

describe('meaningOf', () => {
  it.each([
    ['POST /orders', 'write', 'orders created', 'orders changed'],
    ['POST /v1/orders/:id/items', 'write', 'items created', 'items changed'],
    ['POST /orders/:id/cancel', 'write', 'orders canceled', 'cancel changed'],
    ['PUT /accounts/:id', 'write', 'accounts changed', 'accounts changed'],
    ['DELETE /droplets/:id', 'write', 'droplets removed', 'droplets changed'],
    ['GET /accounts/:id/usage', 'read', 'usage created', 'usage changed'],
    ['POST /quotes', 'answer', 'quotes asked for', 'quotes changed'],
    ['POST /droplets/:id/resize-check', 'answer', 'resize check asked for', 'resize check changed'],
    ['POST /tokenize', 'answer', 'tokenize asked for', 'tokenize changed'],
    ['POST', 'write', 'data created', 'data changed'],
    ['shop.Orders/CreateOrder', 'write', 'order created', 'order changed'],
    ['shop.Orders/ListOrders', 'read', 'orders listed', 'orders changed'],
    ['shop.Rates/CalculateRate', 'answer', 'rate asked for', 'rate changed'],
    ['recordEvent', 'write', 'event recorded', 'event changed'],
    ['send_notice', 'write', 'notice sent', 'notice changed'],
    ['notify', 'write', 'data notified', 'data changed'],
    ['shop.Carts/Empty', undefined, 'empty done', 'data changed'],
    ['', undefined, 'request made', 'data changed'],
    ['post /admin/cache/evict', 'write', 'cache evicted', 'evict changed'],
    ['post /app-execute', 'write', 'app executed', 'app execute changed'],
    ['get', 'read', 'data created', 'data changed'],
  ])('%s', (operation, does, event, change) => {
    expect(meaningOf(operation)).toEqual({ does, event, change });
  });
});
