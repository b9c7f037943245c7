import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EMPTY_POLICY } from '../analyzer/model/policy.ts';
import { REPORTS } from '../analyzer/report/index.ts';
import { EVERY_FORMAT } from '../fixtures/every-format.ts';
import { cardsIn, CARD_PLACES, OTLP_CARD_PLACES, plantCards } from '../fixtures/planted-cards.ts';
import { decode, DECODERS, type TraceFormat } from './decode/index.ts';
import { type LiveDelta, LiveAnalysis } from './live.ts';
import { Pipeline } from './pipeline.ts';
import { STORES } from './store/index.ts';

const COUNT = 2000;
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringfence-planted-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Through decoder, journal, store and every report; gives all that was written or said, by name. */
async function everythingAfter(documents: readonly Uint8Array[]): Promise<Map<string, Uint8Array>> {
  const store = STORES.sqlite(directory);
  const live = new LiveAnalysis({ store, policy: EMPTY_POLICY, nowUs: () => 0 });
  const said: string[] = [];
  const pipeline = new Pipeline<LiveDelta>({
    dataDirectory: directory,
    store: live,
    onTrace: live.onTrace,
    takeDelta: live.takeDelta,
    onError: (error) => said.push(String(error)),
    assembler: { idleLimitMs: 0 },
    checkpointIntervalMs: 1_000_000,
    closeIntervalMs: 1_000_000,
  });
  await pipeline.start();
  for (const bytes of documents) {
    const table = pipeline.createTable();
    const { problems } = decode(bytes, table);
    said.push(JSON.stringify(problems));
    await pipeline.ingest(table);
  }
  const written = new Map<string, Uint8Array>();
  const readAll = (when: string) => {
    for (const file of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (file.isFile()) written.set(`${when} ${file.name}`, readFileSync(join(file.parentPath, file.name)));
    }
  };
  // The journal holds every span now; then the assembler lets go, and the store has what they show.
  readAll('open');
  await pipeline.stop();
  readAll('stopped');
  live.commit(live.takeDelta(), new Uint8Array(1));
  const analysis = live.analyze({});
  for (const [name, report] of Object.entries(REPORTS)) {
    written.set(`report ${name}`, Buffer.from(report(analysis, { color: false, width: 100 })));
  }
  const traceIds = new Set(analysis.dependencies.flatMap((edge) => edge.traceIds));
  for (const { pci } of analysis.services)
    for (const { traceIds: ids = [] } of pci.reasons) for (const id of ids) traceIds.add(id);
  written.set('traces', Buffer.from(JSON.stringify([...traceIds].map((id) => live.trace(id)))));
  written.set('rollup', live.rollup({}));
  written.set('problems', Buffer.from(said.join('\n')));
  written.set('counters', Buffer.from(JSON.stringify(live.counters())));
  store.close();
  readAll('closed');
  return written;
}

describe.each(Object.keys(DECODERS) as TraceFormat[])('2,000 card numbers in %s', (format) => {
  const places = format.startsWith('otlp') ? OTLP_CARD_PLACES : CARD_PLACES;
  const { request, numbers } = plantCards(COUNT, places);
  const documents = EVERY_FORMAT[format](request);

  it('are found where they were planted', () => {
    // Otherwise the next test would find nothing, whatever there is. Jaeger has no place for the message of a status.
    const found = cardsIn(Buffer.concat(documents), numbers);
    expect(found.size).toBeGreaterThanOrEqual(COUNT * 0.95);
  });

  it('are in no byte of what is kept, reported or said', async () => {
    const written = await everythingAfter(documents);
    expect(
      [...written.keys()].filter((name) => /journal|\.db|sqlite|segment|report|rollup/.test(name)).length,
    ).toBeGreaterThan(8);
    const found = [...written].flatMap(([name, bytes]) =>
      [...cardsIn(bytes, numbers)].map((number) => {
        const at = numbers.indexOf(number);
        return `${name}: ${places[at % places.length]!.name}, spelling ${Math.floor(at / places.length)}`;
      }),
    );
    expect(found).toEqual([]);
    expect(Buffer.from(written.get('report json')!).toString()).toContain('card-data');
  });
});
