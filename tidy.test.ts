import { describe, expect, it } from 'vitest';

import { deadCode } from './fixtures/tidy/dead-code.ts';
import { importCycles } from './fixtures/tidy/import-cycles.ts';
import { type Exception, type Layer, layerFaults, strayImports } from './fixtures/tidy/layers.ts';
import { type LongFile, longFiles } from './fixtures/tidy/long-files.ts';
import { impurities, type Purity } from './fixtures/tidy/purity.ts';
import { readSources } from './fixtures/tidy/read-sources.ts';

/**
 * The rules of this house, held against its own files: imports point down, nothing runs in a circle, the core is pure,
 * nothing is dead, no file is long. fixtures/tidy/ checks; the tables are here.
 */
const files = readSources(import.meta.dirname);

const PURE = ['analyzer/', 'collector/decode/', 'collector/redact/', 'web/layout/'];

const MODEL = ['analyzer/model/'];
const CYCLES = 'analyzer/graphology-cycles/';

/** Everything that ends in an `Analysis`. */
const ANALYZER = [
  ...MODEL,
  CYCLES,
  'analyzer/trace/',
  'analyzer/rollup/',
  'analyzer/finding/',
  'analyzer/baseline/',
  'analyzer/coverage/',
  'analyzer/analyze.ts',
];

const COLLECTOR = [
  'collector/decode/',
  'collector/redact/',
  'collector/source/',
  'collector/receiver/',
  'collector/journal/',
  'collector/assemble/',
  'collector/store/',
  'collector/server/',
  'collector/config.ts',
];

/** From the bottom up: a row names only rows above it. */
const LAYERS: readonly Layer[] = [
  { place: 'analyzer/model/', mayImport: [] },
  { place: CYCLES, mayImport: [] },
  { place: 'analyzer/trace/', mayImport: MODEL },
  { place: 'analyzer/report/', mayImport: MODEL },
  { place: 'analyzer/coverage/', mayImport: MODEL },
  { place: 'analyzer/rollup/', mayImport: [...MODEL, 'analyzer/trace/'] },
  { place: 'analyzer/finding/', mayImport: [...MODEL, 'analyzer/rollup/', CYCLES] },
  { place: 'analyzer/baseline/', mayImport: [...MODEL, 'analyzer/rollup/', CYCLES] },
  { place: 'analyzer/analyze.ts', mayImport: ANALYZER.slice(0, -1) },

  { place: 'collector/redact/', mayImport: MODEL },
  { place: 'collector/decode/', mayImport: [...MODEL, 'collector/redact/'] },
  { place: 'collector/journal/', mayImport: MODEL },
  { place: 'collector/assemble/', mayImport: [...MODEL, 'analyzer/trace/', 'collector/journal/'] },
  { place: 'collector/config.ts', mayImport: MODEL },
  { place: 'collector/store/', mayImport: [...MODEL, 'analyzer/rollup/'] },
  { place: 'collector/source/', mayImport: [...MODEL, 'collector/decode/', 'collector/redact/'] },
  { place: 'collector/receiver/', mayImport: [...MODEL, 'collector/decode/', 'collector/redact/'] },
  {
    place: 'collector/server/',
    mayImport: [...MODEL, 'analyzer/analyze.ts', 'analyzer/coverage/', 'analyzer/report/', 'collector/store/'],
  },
  { place: 'collector/*', mayImport: [...ANALYZER, ...COLLECTOR] },

  { place: 'web/layout/', mayImport: [...MODEL, CYCLES] },
  { place: 'web/view/', mayImport: [...MODEL, 'analyzer/baseline/', 'analyzer/coverage/', 'web/layout/'] },
  // Dropped files are decoded and analyzed in the browser; nothing else of the collector gets there.
  { place: 'web/dropped/', mayImport: [...ANALYZER, 'collector/decode/', 'collector/redact/'] },
  { place: 'web/*', mayImport: [...MODEL, 'web/layout/', 'web/view/', 'web/dropped/'] },
  { place: 'web/main.tsx', mayImport: ['web/layout/', 'web/view/', 'web/*'] },

  { place: 'fixtures/', mayImport: [...ANALYZER, 'collector/decode/'] },
  { place: 'cli/', mayImport: [...ANALYZER, 'analyzer/report/', ...COLLECTOR, 'collector/*'] },
  { place: 'cli/demo.ts', mayImport: [...ANALYZER, ...COLLECTOR, 'collector/*', 'cli/', 'fixtures/'] },
  { place: 'cli/main.ts', mayImport: ['analyzer/model/', 'analyzer/report/', 'cli/', 'cli/demo.ts'] },
  { place: 'cli/bin.js', mayImport: ['cli/main.ts'] },
  { place: 'bench/', mayImport: [...ANALYZER, ...COLLECTOR, 'collector/*', 'fixtures/'] },
  // Configurations of the tools, and this test.
  { place: '*', mayImport: ['fixtures/'] },
];

const EXCEPTIONS: readonly Exception[] = [
  {
    file: 'collector/store/contract.ts',
    imports: 'fixtures/random-rollup.ts',
    reason: 'the contract is a test that every store runs; it has its name from its place beside the stores',
  },
];

const CLOCK_AND_CHANCE = [
  'Date.now',
  'Date()',
  'new Date()',
  '= Date',
  'performance.*',
  'Math.random',
  '= Math',
  'crypto.*',
];

const PURITY: readonly Purity[] = [
  {
    places: PURE,
    uses: [
      ...CLOCK_AND_CHANCE,
      'process.*',
      'console.*',
      'globalThis.*',
      'setTimeout()',
      'setInterval()',
      'setImmediate()',
      'fetch()',
    ],
    imports: ['node:'],
    instead: 'this place is pure and runs in the browser too, so take it as an argument',
  },
  {
    places: ['analyzer/', 'collector/', 'fixtures/'],
    uses: ['.localeCompare', '.toLocaleString', '.toLocaleDateString', '.toLocaleTimeString'],
    instead: 'it differs between machines; compare code units (byText) and write numbers and times out',
  },
  {
    places: ['analyzer/', 'collector/', 'web/'],
    uses: ['process.exit', 'process.exitCode', 'process.abort', 'process.kill'],
    instead: 'only cli/ ends the process, so throw or return what is wrong',
  },
];

/** What begins without being imported. */
const ENTRIES = [
  'analyzer/graphology-cycles/index.ts',
  'cli/bin.js',
  'cli/build-package.ts',
  'web/main.tsx',
  'web/dropped/worker.ts',
  'web/no-transition.ts',
  'eslint.config.js',
  'test-count.reporter.ts',
  'vite.config.ts',
  'vitest.config.ts',
];

/** There for tests, measurements and the demo: what only those import lives here. */
const HELPERS = [
  'fixtures/',
  'bench/',
  'collector/pipeline-under-test.ts',
  'collector/store/contract.ts',
  'analyzer/graphology-cycles/brute-force-cycles.ts',
  'analyzer/graphology-cycles/small-graphs.ts',
];

const ALONE = 'a step of its own, held against brute force or by table without what goes before it';

/** What only a test imports, and why. */
const FOR_TESTS = [
  { file: 'analyzer/finding/cycle.ts', name: 'cycleId', reason: 'identity is a promise, tested by itself' },
  { file: 'analyzer/graphology-cycles/lazy-cycle-cover.ts', name: 'heuristicCut', reason: ALONE },
  { file: 'analyzer/rollup/histogram.ts', name: 'middleOf', reason: ALONE },
];

const MOST_LINES = 450;
const LONG_FILES: readonly LongFile[] = [
  {
    path: 'analyzer/rollup/tally.ts',
    mostLines: 800,
    reason: 'one class over shared columns: all its loops know their layout',
  },
  {
    path: 'analyzer/trace/dependencies.ts',
    mostLines: 600,
    reason: 'the linking rules, one after the other, over one tree',
  },
  {
    path: 'collector/decode/otlp-json.ts',
    mostLines: 850,
    reason: 'one pass over the bytes, a method for each message',
  },
  {
    path: 'collector/decode/otlp-protobuf.ts',
    mostLines: 750,
    reason: 'one pass over the bytes, a method for each message',
  },
];

describe('our own files', () => {
  it('are found', () => {
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['tidy.test.ts', 'analyzer/analyze.ts', 'web/main.tsx', 'cli/bin.js']),
    );
    expect(paths.filter((path) => /node_modules|dist\/|\.types/.test(path))).toEqual([]);
  });

  it('import nothing that imports them', () => {
    expect(importCycles(files)).toEqual([]);
  });

  it('import downwards only', () => {
    expect(layerFaults(files, LAYERS, EXCEPTIONS)).toEqual([]);
  });

  it('import nothing from outside the repository', () => {
    expect(strayImports(files)).toEqual([]);
  });

  it('are pure where the core is', () => {
    expect(impurities(files, PURITY)).toEqual([]);
  });

  it('export nothing that nobody imports', () => {
    expect(deadCode(files, { entries: ENTRIES, helpers: HELPERS, forTests: FOR_TESTS })).toEqual([]);
  });

  it(`have at most ${MOST_LINES} lines`, () => {
    expect(longFiles(files, MOST_LINES, LONG_FILES)).toEqual([]);
  });
});

describe('the layer table', () => {
  it('points up nowhere', () => {
    const places = LAYERS.map(({ place }) => place);
    const upwards = LAYERS.flatMap(({ place, mayImport }, row) =>
      mayImport
        .filter((one) => places.indexOf(one) > row)
        .map((one) => `${place} may import ${one}, which is below it`),
    );
    expect(upwards).toEqual([]);
  });

  it('keeps collector and web apart, but for decoding', () => {
    const ofWeb = LAYERS.filter(({ place }) => place.startsWith('web/')).flatMap(({ mayImport }) => mayImport);
    const met = ofWeb.filter((place) => place.startsWith('collector/'));
    expect(new Set(met)).toEqual(new Set(['collector/decode/', 'collector/redact/']));
    const ofCollector = LAYERS.filter(({ place }) => place.startsWith('collector/')).flatMap(
      ({ mayImport }) => mayImport,
    );
    expect(ofCollector.filter((place) => place.startsWith('web/'))).toEqual([]);
  });
});
