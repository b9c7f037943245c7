import { describe, expect, it } from 'vitest';
import { parsePullSource, withoutCredentials } from './pull-source.ts';

const HOUR_US = 3_600_000_000;

describe('parsePullSource', () => {
  it('reads the whole of it', () => {
    const source = parsePullSource(
      'jaeger+https://host:1/jaeger/?from=2023-11-14T22:13:20Z&to=1700003600&service=b&service=a&limit=7&pageSize=8&maxMiB=2&maxTime=90s',
      {},
    );
    expect(source).toEqual({
      backend: 'jaeger',
      baseUrl: 'https://host:1/jaeger',
      label: 'jaeger+https://host:1/jaeger/',
      authorization: undefined,
      window: { lookbackUs: HOUR_US, fromUs: 1_700_000_000_000_000, toUs: 1_700_000_000_000_000 + HOUR_US },
      services: ['a', 'b'],
      traceLimit: 7,
      pageSize: 8,
      byteLimit: 2 * 2 ** 20,
      timeLimitMs: 90_000,
    });
  });

  it.each([
    ['90s', 90],
    ['15m', 900],
    ['6h', 21_600],
    ['7d', 604_800],
    ['2w', 1_209_600],
  ])('lookback=%s', (text, seconds) => {
    expect(parsePullSource(`tempo+http://host?lookback=${text}`, {}).window.lookbackUs).toBe(seconds * 1e6);
  });

  it.each([
    ['2023-11-14T22:13:20%2B02:00', 1_699_992_800],
    ['2023-11-14T22:13:20+02:00', 1_699_992_800],
    ['2023-11-14T22:13:20-02:00', 1_700_007_200],
    ['2023-11-14', 1_699_920_000],
  ])('from=%s', (text, seconds) => {
    expect(parsePullSource(`tempo+http://host?from=${text}`, {}).window.fromUs).toBe(seconds * 1e6);
  });

  it('takes credentials from the URL, else from the environment, and names them nowhere', () => {
    const token = { RINGFENCE_SOURCE_TOKEN: 'secret' };
    expect(parsePullSource('zipkin+http://host', token).authorization).toBe('Bearer secret');
    const withUser = parsePullSource('zipkin+http://me:p%40ss@host/x', token);
    expect(withUser).toMatchObject({ authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}` });
    expect(withUser).toMatchObject({ baseUrl: 'http://host/x', label: 'zipkin+http://host/x' });
    const broken = { RINGFENCE_SOURCE_TOKEN: 'sec\nret' };
    expect(() => parsePullSource('zipkin+http://host', broken)).toThrow(/^RINGFENCE_SOURCE_TOKEN has white space/);
  });

  it.each([
    [
      'http://u:pass@host',
      /^http:\/\/host: say what answers there: .*jaeger\+http.*another ringfence cannot be read yet/,
    ],
    ['ftp://u:pass@host/', /^ftp:\/\/host\/: no such kind of source; .*zipkin\+http/],
    ['zipkn+http://host', /there is no zipkn\+http \(did you mean zipkin\+http\?\)/],
    ['jaeger+http://u:pass@', /not a valid URL/],
    ['jaeger+http://u:pa/ss@host', /^jaeger\+http:\/\/…: (not a valid URL|a \/ in user)/],
    ['jaeger+http://u:1/pass@host', /^jaeger\+http:\/\/…: a \/ in user or password is written %2F/],
    ['jaeger+http://u:p%zz@host', /write % as %25/],
    ['jaeger+http://host?lokback=1h', /unknown parameter "lokback" \(did you mean "lookback"\?\)/],
    ['jaeger+http://host?lookback=1h&lookback=2h', /lookback= is given twice/],
    ['jaeger+http://host?lookback=1h&from=2023-11-14', /both say where to begin/],
    ['jaeger+http://host?from=2023-11-15&to=2023-11-14', /from= is not before to=/],
    ['jaeger+http://host?lookback=1', /lookback= is a length of time such as 90s/],
    ['jaeger+http://host?lookback=0h', /lookback= is a length of time such as 90s/],
    ['jaeger+http://host?lookback=', /lookback= is empty/],
    ['jaeger+http://host?from=yesterday', /from= is a time such as/],
    ['jaeger+http://host?limit=0', /limit= is a whole number from 1/],
    ['jaeger+http://host?pageSize=1e3', /pageSize= is a whole number from 1/],
  ])('refuses %s', (source, message) => {
    expect(() => parsePullSource(source, {})).toThrow(message);
    expect(() => parsePullSource(source, {})).not.toThrow(/pa?ss@|:pa|u:/);
  });
});

describe('withoutCredentials', () => {
  it.each([
    ['traces/a@b.json', 'traces/a@b.json'],
    ['jaeger+http://user:pw@host:1/path?x=1', 'jaeger+http://host:1/path'],
    ['jaeger+http://user:p@w@host', 'jaeger+http://host'],
    ['jaeger+http://user:p/w@host', 'jaeger+http://…'],
    ['jaeger+http://user:p?w@host', 'jaeger+http://…'],
    ['jaeger+http://user:p#w@host', 'jaeger+http://…'],
  ])('%s', (source, name) => {
    expect(withoutCredentials(source)).toBe(name);
  });
});
