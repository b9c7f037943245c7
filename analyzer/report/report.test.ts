import { describe, expect, it } from 'vitest';

import { cloudAnalysis, emptyAnalysis, syntheticAnalysis } from '../../fixtures/analysis.ts';
import { hostileAnalysis, HOSTILE_NAMES, withoutColor } from '../../fixtures/hostile-analysis.ts';
import { type ReportName, REPORTS } from './index.ts';
import { printable } from './text.ts';

const NAMES = Object.keys(REPORTS) as ReportName[];
const PLAIN = { color: false, width: 100 };

const ENDINGS = {
  terminal: 'txt',
  markdown: 'md.txt',
  mermaid: 'mmd',
  dot: 'gv',
};

it.each(['terminal', 'markdown', 'mermaid', 'dot'] as const)(
  '%s says the same as ever of the demo cloud',
  async (name) => {
    await expect(REPORTS[name](cloudAnalysis(), PLAIN)).toMatchFileSnapshot(`__golden__/cloud.${ENDINGS[name]}`);
  },
);

describe.each(NAMES)('%s', (name) => {
  const report = REPORTS[name];

  it('gives the same bytes twice and leaves the analysis as it was', () => {
    const analysis = hostileAnalysis();
    expect(report(analysis, PLAIN)).toBe(report(analysis, PLAIN));
    expect(analysis).toEqual(hostileAnalysis());
  });

  it('has something to say where nothing was seen', () => {
    const text = report(emptyAnalysis(), PLAIN);
    expect(text).toMatch(/\S\r?\n$/);
    expect(text).not.toMatch(/undefined|NaN|null(?!,?\n)/);
  });

  it.each([true, false])(
    'prints no character of a name that acts on a terminal or turns the writing, color %s',
    (color) => {
      const text = withoutColor(report(hostileAnalysis(), { ...PLAIN, color }));
      // Tables for spreadsheets end their lines as RFC 4180 says.
      expect(text.replaceAll(name === 'csv' ? '\r\n' : '\n', '')).not.toMatch(
        /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u,
      );
    },
  );

  it('gives no build server a command', () => {
    const text = report(hostileAnalysis(), { color: false, width: 30 });
    expect(text.split('\n').filter((line) => line.trimStart().startsWith('::'))).toEqual([]);
    expect(text).not.toMatch(/##\w*\[/);
  });

  it('ends its last line', () => {
    expect(report(cloudAnalysis(), PLAIN)).toMatch(/[^\r\n]\r?\n$/);
  });
});

describe('terminal', () => {
  it('has no colour unless it is asked for', () => {
    expect(REPORTS.terminal(cloudAnalysis(), PLAIN)).not.toContain('\u001b');
    const colored = REPORTS.terminal(cloudAnalysis(), { ...PLAIN, color: true });
    expect(colored).toContain('\u001b[1m');
    expect(withoutColor(colored)).toBe(REPORTS.terminal(cloudAnalysis(), PLAIN));
  });

  it.each([60, 80, 120])('keeps to %i columns wherever words allow', (width) => {
    const lines = REPORTS.terminal(cloudAnalysis(), { color: false, width }).split('\n');
    // Circles and titles are not broken: they are there to be copied.
    expect(lines.filter((line) => line.length > width && !/ → |^ {2}[✗!·] /.test(line))).toEqual([]);
  });

  it('says how much it left out', () => {
    const text = REPORTS.terminal(syntheticAnalysis(2000), PLAIN);
    expect(text).toMatch(/^ {2}\d+ more: --format json has all$/m);
    expect(text.split('\n').length).toBeLessThan(200);
  });

  it('tells in its findings only what its sections do not', () => {
    const text = REPORTS.terminal(cloudAnalysis(), PLAIN);
    const findings = text.slice(text.indexOf('\nFindings'));
    expect(findings).toContain('rating writes card numbers into its spans');
    expect(findings).not.toMatch(/^ {2}· .*critical path/m);
    expect(findings).toMatch(/\d+ notes? on what stands above/);
  });
});

describe('json', () => {
  it.each([
    ['the demo cloud', cloudAnalysis],
    ['hostile names', hostileAnalysis],
  ])('holds the very analysis of %s', (_, make) => {
    expect(JSON.parse(REPORTS.json(make(), PLAIN))).toEqual(JSON.parse(JSON.stringify(make())));
  });
});

describe('mermaid', () => {
  it.each([
    ['the demo cloud', cloudAnalysis],
    ['hostile names', hostileAnalysis],
  ])('parses back to the dependencies of %s', (_, make) => {
    const { nodes, edges } = parseMermaid(REPORTS.mermaid(make(), PLAIN));
    expect([...nodes.values()].sort()).toEqual(
      make()
        .services.map(({ id }) => printable(id))
        .sort(),
    );
    expect(edges.map(([caller, callee]) => `${nodes.get(caller)!}\n${nodes.get(callee)!}`)).toEqual(
      make().dependencies.map(({ caller, callee }) => `${printable(caller)}\n${printable(callee)}`),
    );
  });

  it('draws 500 dependencies and says that there are more', () => {
    const analysis = syntheticAnalysis(2000);
    const text = REPORTS.mermaid(analysis, PLAIN);
    const { nodes, edges } = parseMermaid(text);
    expect(edges).toHaveLength(500);
    expect(text).toContain(`%% drawn 500 of ${analysis.dependencies.length} dependencies`);
    const drawn = new Set(edges.map((ends) => ends.map((end) => nodes.get(end)).join('\n')));
    for (const { caller, callee, inCycle } of analysis.dependencies)
      if (inCycle) expect(drawn).toContain(`${caller}\n${callee}`);
  });
});

describe('dot', () => {
  it.each([
    ['the demo cloud', cloudAnalysis],
    ['hostile names', hostileAnalysis],
  ])('parses back to the dependencies of %s', (_, make) => {
    const { nodes, edges } = parseDot(REPORTS.dot(make(), PLAIN));
    expect([...nodes].sort()).toEqual(
      make()
        .services.map(({ id }) => printable(id))
        .sort(),
    );
    expect(edges).toEqual(make().dependencies.map(({ caller, callee }) => [printable(caller), printable(callee)]));
  });
});

describe('csv', () => {
  const read = (text: string): string[][] =>
    text
      .trimEnd()
      .split('\r\n')
      .map((line) =>
        [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, quoted, bare]) =>
          (quoted ?? bare!).replaceAll('""', '"'),
        ),
      );

  it.each([
    ['the demo cloud', cloudAnalysis],
    ['hostile names', hostileAnalysis],
  ])('reads back as the dependencies of %s', (_, make) => {
    const [head, ...rows] = read(REPORTS.csv(make(), PLAIN));
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([head!.length]));
    const plain = (text: string) => text.replace(/^'/, '');
    expect(rows.map(([caller, callee]) => [plain(caller!), plain(callee!)])).toEqual(
      make().dependencies.map(({ caller, callee }) => [printable(caller), printable(callee)]),
    );
  });

  it('is no formula to a spreadsheet', () => {
    const [edge] = cloudAnalysis().dependencies;
    const names = ['=1+1', '+1', '-1', '@SUM(A1)', ' =1', '\t=1', "=cmd|' /C calc'!A0", '"=1"', 'a=1'];
    const analysis = { ...cloudAnalysis(), dependencies: names.map((caller) => ({ ...edge!, caller })) };
    const cells = read(REPORTS.csv(analysis, PLAIN)).slice(1);
    for (const [caller] of cells) expect(caller).not.toMatch(/^\s*[=+\-@]/);
    expect(cells.at(-1)?.[0]).toBe('a=1');
  });
});

describe('markdown', () => {
  const text = REPORTS.markdown(hostileAnalysis(), PLAIN);
  const tables = text.split('\n').filter((line) => line.startsWith('|'));
  // What a name says inside a code span is only shown.
  const prose = text.replace(/```mermaid[^]*?```/, '').replace(/`[^`\n]*`/g, '');

  it('keeps every row to the columns of its head', () => {
    expect(tables.length).toBeGreaterThan(HOSTILE_NAMES.length);
    // A bar is escaped where an odd number of backslashes stands before it.
    const bars = tables.map((line) => line.replace(/\\./g, '').split('|').length - 2);
    expect(new Set(bars)).toEqual(new Set([5, 4, 6]));
  });

  it('lets no name become markup, a mention or a link', () => {
    expect(prose).not.toMatch(/(?<!\\)<[a-z/!]/i);
    expect(prose).not.toMatch(/@\w/);
    expect(prose).not.toMatch(/https?:\/\//);
    expect(prose).not.toMatch(/(?<!\\)\]\(/);
  });

  it('ends the diagram where it ends', () => {
    expect(text.match(/^```/gm)).toHaveLength(2);
  });
});

/** As much of the flowchart grammar as there is in our diagrams; throws at anything else. */
function parseMermaid(text: string): { nodes: Map<string, string>; edges: [string, string][] } {
  const nodes = new Map<string, string>();
  const edges: [string, string][] = [];
  const [head, ...lines] = text.trimEnd().split('\n');
  expect(head).toBe('flowchart TD');
  for (const line of lines) {
    const node = /^ +(n\d+)(?:\[\(|\(\[|\(\(|\{\{|\[)"([^"&<>`\\%{}$]*)"(?:\)\]|\]\)|\)\)|\}\}|\])$/.exec(line);
    const edge = /^ {2}(n\d+) (?:-->|-\.->) (n\d+)$/.exec(line);
    if (node !== null)
      nodes.set(
        node[1]!,
        node[2]!.replace(/#(\d+);/g, (_, code) => String.fromCharCode(Number(code))),
      );
    else if (edge !== null) edges.push([edge[1]!, edge[2]!]);
    else
      expect(line).toMatch(
        /^ {2}(?:subgraph CDE|end|linkStyle [\d,]+ stroke:#\w+,stroke-width:3px|%% drawn [\w ]+.*)$/,
      );
  }
  return { nodes, edges };
}

/** As much of the DOT grammar as there is in our graphs; throws at anything else. */
function parseDot(text: string): { nodes: Set<string>; edges: [string, string][] } {
  const nodes = new Set<string>();
  const edges: [string, string][] = [];
  const name = String.raw`"((?:[^"\\]|\\["\\])*)"`;
  const attributes = String.raw`(?:[a-z]+=(?:[a-z]+|\d+|"[^"\\]*")(?:, )?)+`;
  for (const line of text.trimEnd().split('\n')) {
    const node = new RegExp(`^ {2}${name} \\[${attributes}\\];$`).exec(line);
    const edge = new RegExp(`^ {2}${name} -> ${name} \\[${attributes}\\];$`).exec(line);
    const raw = (quoted: string): string => quoted.replace(/\\(["\\])/g, '$1');
    if (node !== null) nodes.add(raw(node[1]!));
    else if (edge !== null) edges.push([raw(edge[1]!), raw(edge[2]!)]);
    else
      expect(line).toMatch(
        new RegExp(
          `^(?:digraph ringfence \\{| {2}rankdir=TB;| {2}node \\[.*\\];| {2}subgraph cluster_cde \\{| {4}label="CDE";.*| {4}${name};| {2}\\}|\\})$`,
        ),
      );
  }
  return { nodes, edges };
}
