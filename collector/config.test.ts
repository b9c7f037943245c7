import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_PREREQUISITES, EMPTY_POLICY } from '../analyzer/model/policy.ts';
import { parsePolicy, PolicyError, readDeclaredSources, readPolicy } from './config.ts';

const FULL = `
services:
  checkout:
    owner: team-shop
    criticality: critical
    pci: connected-to
    function: takes orders
    role: gateway
    confirmedBy: J. Doe
    confirmedOn: 2026-03-01
    attested:
      rapid-provisioning: { by: platform, on: 2026-02-01 }
  reporting:
    pci: out-of-scope
    reason: has no network path to the card vault, confirmed by firewall review 7
    expires: 2027-01-31
paymentProviderHosts: [psp.example, api.cards.example]
proxies: [edge-gateway]
aliases:
  checkout-v1: checkout
entryPoints: [shop, "shop GET /cart"]
neverAsync:
  - checkout -> payments
rules:
  newCycle: error
  cardData: warning
  scopeConflict: "off"
minTraces: 3
prerequisites:
  pci: [owner, confirmed-scope]
`;

describe('parsePolicy', () => {
  it('reads everything a policy can say', () => {
    const policy = parsePolicy(FULL, 'ringfence.yaml');
    expect(policy.services.get('checkout')).toEqual({
      owner: 'team-shop',
      criticality: 'critical',
      pci: 'connected-to',
      function: 'takes orders',
      role: 'gateway',
      confirmedBy: 'J. Doe',
      confirmedOn: '2026-03-01',
      attested: new Map([['rapid-provisioning', { by: 'platform', on: '2026-02-01' }]]),
    });
    expect(policy.services.get('reporting')?.expires).toBe('2027-01-31');
    expect(policy.paymentProviderHosts).toEqual(['psp.example', 'api.cards.example']);
    expect(policy.proxies).toEqual(['edge-gateway']);
    expect([...policy.aliases]).toEqual([['checkout-v1', 'checkout']]);
    expect(policy.entryPoints).toEqual(['shop', 'shop GET /cart']);
    expect(policy.neverAsync).toEqual([['checkout', 'payments']]);
    expect(policy.severities).toEqual({ newCycle: 'error', cardData: 'warning', scopeConflict: 'off' });
    expect(policy.minTraces).toBe(3);
    expect(policy.prerequisites).toEqual({ ...DEFAULT_PREREQUISITES, pci: ['owner', 'confirmed-scope'] });
  });

  it.each(['', '# nothing yet\n', '{}', 'services: {}'])('takes %j for the empty policy', (text) => {
    expect(parsePolicy(text, 'ringfence.yaml')).toEqual(EMPTY_POLICY);
  });

  it.each([
    ['servces: {}', 'p.yaml:1: unknown key "servces" in the policy (did you mean "services"?)'],
    ['services:\n  cart:\n    onwer: me', 'p.yaml:3: unknown key "onwer" in services.cart (did you mean "owner"?)'],
    ['\nrules: { newCycles: error }', 'p.yaml:2: unknown key "newCycles" in rules (did you mean "newCycle"?)'],
    [
      'zzzzzzzz: 1',
      'p.yaml:1: unknown key "zzzzzzzz" in the policy (known are services, paymentProviderHosts, proxies, aliases, entryPoints, neverAsync, forbidden, rules, prerequisites, minTraces, sources)',
    ],
    [
      'services:\n  cart:\n    criticality: huge',
      'p.yaml:3: services.cart.criticality: must be one of critical, high, medium, low',
    ],
    ['proxies: gateway', 'p.yaml:1: proxies: must be a list'],
    ['- a\n- b', 'p.yaml:1: the policy: must be a map of keys and values'],
    ['proxies:\n  - gateway\n  - 7', 'p.yaml:3: proxies.1: must be a text'],
    ['neverAsync:\n  - a to b', 'p.yaml:2: neverAsync.0: must read "caller -> callee"'],
    ['aliases: [a, b]', 'p.yaml:1: aliases: must be a map of keys and values'],
    ['minTraces: 0', 'p.yaml:1: minTraces: must be at least 1'],
    ['minTraces: 1.5', 'p.yaml:1: minTraces: must be a whole number'],
    [
      'services:\n  cart:\n    pci: out-of-scope\n    expires: 2027-01-31',
      'p.yaml:2: services.cart: out-of-scope needs a reason: say why',
    ],
    [
      'services:\n  cart: { pci: out-of-scope, reason: trust me }',
      'p.yaml:2: services.cart: out-of-scope needs expires: a date on which to confirm it again',
    ],
    [
      'services:\n  cart: { expires: 2027-02-30 }',
      'p.yaml:2: services.cart.expires: must be a date such as 2027-01-31',
    ],
    ['aliases: { a: b, b: c }', 'p.yaml:1: aliases.a: "b" is itself an alias: name the service it stands for'],
  ])('refuses %j', (text, message) => {
    expect(() => parsePolicy(text, 'p.yaml')).toThrow(new PolicyError(message));
  });

  it('names line and column of broken YAML', () => {
    expect(() => parsePolicy('services:\n  cart: [1, 2', 'p.yaml')).toThrow(/^p\.yaml:2:14: not valid YAML: /);
    expect(() => parsePolicy('minTraces: 1\nminTraces: 2', 'p.yaml')).toThrow(
      /^p\.yaml:2:1: not valid YAML: Map keys must be unique/,
    );
    expect(() => parsePolicy('minTraces: !!js/function "x"', 'p.yaml')).toThrow(/^p\.yaml:1:12: not valid YAML: /);
  });

  it('names every fault at once', () => {
    expect(() => parsePolicy('minTraces: 0\nproxys: []', 'p.yaml')).toThrow(
      new PolicyError(
        'p.yaml:1: minTraces: must be at least 1\np.yaml:2: unknown key "proxys" in the policy (did you mean "proxies"?)',
      ),
    );
  });

  it('takes services with the names of object members for services', () => {
    const policy = parsePolicy('services:\n  constructor: { owner: a }\n  __proto__: { owner: b }', 'p.yaml');
    expect(policy.services.get('constructor')).toEqual({ owner: 'a' });
    expect(policy.services.get('__proto__')).toEqual({ owner: 'b' });
    expect(({} as { owner?: string }).owner).toBeUndefined();
  });

  it('refuses a file that unfolds to gigabytes, and a file that is one', () => {
    const levels = Array.from(
      { length: 20 },
      (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(9)}]`,
    );
    expect(() => parsePolicy(['a0: &a0 [x]', ...levels].join('\n'), 'p.yaml')).toThrow(
      /p\.yaml: too many or unresolved YAML aliases/,
    );
    expect(() => parsePolicy('#'.repeat(2 ** 20 + 1), 'p.yaml')).toThrow(
      /p\.yaml: a policy file has at most 1024 KiB, this is 1025/,
    );
  });
});

describe('readPolicy', () => {
  it('reads a file, and says which one is missing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'policy-'));
    try {
      await writeFile(join(folder, 'ringfence.yaml'), FULL);
      expect((await readPolicy(join(folder, 'ringfence.yaml'))).minTraces).toBe(3);
      await expect(readPolicy(join(folder, 'absent.yaml'))).rejects.toThrow(
        /absent\.yaml: the policy file cannot be read \(ENOENT\)/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('readDeclaredSources', () => {
  const read = async (text: string) => {
    const folder = await mkdtemp(join(tmpdir(), 'policy-'));
    try {
      await writeFile(join(folder, 'ringfence.yaml'), text);
      return await readDeclaredSources(join(folder, 'ringfence.yaml'));
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  it('reads where to pull from, and how often', async () => {
    const text = `sources:
  - url: zipkin+http://zipkin:9411
  - { url: "tempo+http://u:p@tempo:3200?service=a", interval: 5m }`;
    expect(await read(text)).toEqual([
      { url: 'zipkin+http://zipkin:9411', intervalMs: 60_000 },
      { url: 'tempo+http://u:p@tempo:3200?service=a', intervalMs: 300_000 },
    ]);
    expect(await read('minTraces: 2')).toEqual([]);
    expect(JSON.stringify(parsePolicy(text, 'p.yaml'))).not.toContain('u:p');
  });

  it.each([
    ['sources: zipkin+http://u:p@z', /ringfence\.yaml:1: sources: must be a list/],
    ['sources:\n  - zipkin+http://u:p@z', /ringfence\.yaml:2: sources\.0: must be a map of keys and values/],
    ['sources:\n  - ulr: x', /unknown key "ulr" in sources\.0 \(did you mean "url"\?\)/],
    ['sources:\n  - url: u:p@z\n    interval: 60', /ringfence\.yaml:3: sources\.0\.interval: must be a text/],
    ['sources:\n  - url: u:p@z\n    interval: 0s', /sources\.0\.interval: must be a length of time such as 30s/],
  ])('refuses %j', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
    await expect(read(text)).rejects.not.toThrow(/u:p/);
  });
});
