import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createDictionary, SpanTable } from '../../analyzer/model/span-table.ts';
import { type Checkpoint, EMPTY_CHECKPOINT } from './checkpoint.ts';
import { Journal, type JournalOptions } from './journal.ts';
import { createSegmentFile, type SegmentFile } from './segment-file.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringfence-journal-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A table with one span per number; its trace is the number's last digit. */
function tableOf(...numbers: readonly number[]): SpanTable {
  const table = new SpanTable(createDictionary());
  for (const number of numbers) {
    table.addSpan({
      traceId: String((number % 10) + 1),
      spanId: (number + 1).toString(16),
      resource: { service: 'droplets' },
      name: `span ${number}`,
      attributes: { 'http.route': `/${number}` },
    });
  }
  return table;
}

async function openJournal(options: JournalOptions = {}, checkpoint: Checkpoint = EMPTY_CHECKPOINT) {
  const journal = await Journal.open(directory, options);
  const dictionary = createDictionary();
  const names: string[] = [];
  const report = await journal.replay(
    checkpoint,
    () => dictionary,
    (table) => {
      for (let row = 0; row < table.count; row++) names.push(table.span(row).name);
    },
  );
  return { journal, names, report };
}

async function writeJournal(batches: readonly (readonly number[])[], options: JournalOptions = {}): Promise<void> {
  const { journal } = await openJournal(options);
  for (const batch of batches) await journal.append(tableOf(...batch), 0, batch.length);
  await journal.close();
}

function segments(): string[] {
  return readdirSync(join(directory, 'journal')).map((name) => join(directory, 'journal', name));
}

const names = (...numbers: readonly number[]) => numbers.map((number) => `span ${number}`);

describe('append', () => {
  it('gives ascending ids, and what it took is there after a start', async () => {
    const { journal } = await openJournal();
    const ids = await Promise.all([tableOf(1, 2), tableOf(3), tableOf(4, 5)].map((t) => journal.append(t, 0, t.count)));
    expect(ids).toEqual([0, 1, 2]);
    await journal.close();
    const again = await openJournal();
    expect(again.names).toEqual(names(1, 2, 3, 4, 5));
    expect(again.report).toEqual({
      recordCount: 3,
      spanCount: 5,
      lostRecordCount: 0,
      tornByteCount: 0,
      quarantinedFiles: [],
    });
    expect(await again.journal.append(tableOf(6), 0, 1)).toBe(3);
    await again.journal.close();
  });

  it('copies the rows at once, and only those it was given', async () => {
    const { journal } = await openJournal();
    const table = tableOf(1, 2, 3);
    const appended = journal.append(table, 1, 2);
    table.truncate(0);
    await appended;
    await journal.close();
    const again = await openJournal();
    expect(again.names).toEqual(names(2));
    await again.journal.close();
  });

  it('shares one fdatasync among all that wait, and resolves none before it', async () => {
    const log: string[] = [];
    const { journal } = await openJournal({
      createFile: (path) =>
        wrapped(path, (file) => ({
          ...file,
          sync: async () => {
            await file.sync();
            log.push('sync');
          },
        })),
    });
    await Promise.all(
      Array.from({ length: 100 }, async (_, number) => {
        await journal.append(tableOf(number), 0, 1);
        log.push('acknowledged');
      }),
    );
    // The segment's header, the first append alone, the other 99 together.
    expect(log.filter((entry) => entry === 'sync')).toHaveLength(3);
    expect(log.indexOf('acknowledged')).toBe(2);
    await journal.close();
  });

  it('is refused before replay, when too much waits, and after close', async () => {
    const journal = await Journal.open(directory, { waitingByteLimit: 100 });
    await expect(journal.append(tableOf(1), 0, 1)).rejects.toMatchObject({ kind: 'closed' });
    const dictionary = createDictionary();
    await journal.replay(
      EMPTY_CHECKPOINT,
      () => dictionary,
      () => undefined,
    );
    const accepted = [journal.append(tableOf(1), 0, 1)];
    await expect(journal.append(tableOf(2), 0, 1)).rejects.toMatchObject({ kind: 'saturated' });
    await Promise.all(accepted);
    await journal.append(tableOf(3), 0, 1);
    await journal.close();
    await expect(journal.append(tableOf(4), 0, 1)).rejects.toMatchObject({ kind: 'closed' });
  });
});

/** A segment file that behaves badly while `fault` says so. */
async function wrapped(path: string, change: (file: SegmentFile) => SegmentFile): Promise<SegmentFile> {
  return change(await createSegmentFile(path));
}

function failWith(code: string): Promise<never> {
  return Promise.reject(Object.assign(new Error(`${code}: injected`), { code }));
}

describe('a bad disk', () => {
  it('that is full: the append is refused, and taken again when there is room', async () => {
    let isFull = false;
    const { journal } = await openJournal({
      createFile: (path) =>
        wrapped(path, (file) => ({
          ...file,
          write: async (buffers, position) => {
            if (!isFull) return file.write(buffers, position);
            // As a full disk does it: some of the bytes are written.
            await file.write([buffers[0]!.subarray(0, 20)], position);
            return failWith('ENOSPC');
          },
        })),
    });
    await journal.append(tableOf(1), 0, 1);
    isFull = true;
    await expect(journal.append(tableOf(2), 0, 1)).rejects.toMatchObject({ kind: 'full' });
    isFull = false;
    expect(await journal.append(tableOf(3), 0, 1)).toBe(1);
    await journal.close();
    const again = await openJournal();
    expect(again.names).toEqual(names(1, 3));
    expect(again.report.tornByteCount).toBe(0);
    await again.journal.close();
  });

  it('that has no room for a new segment: refused, and taken again when there is', async () => {
    let isFull = true;
    const { journal } = await openJournal({
      createFile: (path) => (isFull ? failWith('ENOSPC') : createSegmentFile(path)),
    });
    await expect(journal.append(tableOf(1), 0, 1)).rejects.toMatchObject({ kind: 'full' });
    isFull = false;
    await journal.append(tableOf(2), 0, 1);
    await journal.close();
  });

  it('whose fsync fails: nothing is taken any more, and fsync is not asked again', async () => {
    let syncCount = 0;
    const { journal } = await openJournal({
      createFile: (path) =>
        wrapped(path, (file) => ({
          ...file,
          sync: () => (++syncCount === 3 ? failWith('EIO') : file.sync()),
        })),
    });
    await journal.append(tableOf(1), 0, 1);
    const both = [journal.append(tableOf(2), 0, 1), journal.append(tableOf(3), 0, 1)];
    for (const each of await Promise.allSettled(both)) {
      expect(each).toMatchObject({ status: 'rejected', reason: { kind: 'failed', message: /fsync failed \(EIO/ } });
    }
    await expect(journal.append(tableOf(4), 0, 1)).rejects.toMatchObject({ kind: 'failed' });
    expect(syncCount).toBe(3);
    await journal.close();
    const again = await openJournal();
    expect(again.names[0]).toBe('span 1');
    await again.journal.close();
  });
});

describe('replay', () => {
  it('leaves out what the checkpoint says is in the store', async () => {
    // Records 0 to 4; trace 1 was open since record 2 when the position was 4.
    await writeJournal([
      [0, 1],
      [10, 11],
      [20, 21],
      [30, 31],
      [40, 41],
    ]);
    const { journal, names: found } = await openJournal(
      {},
      { position: 4, openTraceIds: Uint32Array.of(0, 0, 0, 2), firstRecordIds: Float64Array.of(2) },
    );
    expect(found).toEqual(names(21, 31, 40, 41));
    await journal.close();
  });

  it('never uses an id again that lies below the checkpoint', async () => {
    await writeJournal([[1]]);
    const checkpoint = { ...EMPTY_CHECKPOINT, position: 50 };
    const first = await openJournal({}, checkpoint);
    expect(await first.journal.append(tableOf(2), 0, 1)).toBe(50);
    await first.journal.close();
    const again = await openJournal({}, checkpoint);
    expect(again.names).toEqual(names(2));
    await again.journal.close();
  });
});

describe('segments', () => {
  it('are begun when one is full and deleted when the store has all of it', async () => {
    const { journal } = await openJournal({ segmentByteLimit: 300 });
    for (let number = 0; number < 12; number++) await journal.append(tableOf(number), 0, 1);
    const before = journal.segmentCount;
    expect(before).toBeGreaterThan(3);
    await journal.release(0);
    expect(journal.segmentCount).toBe(before);
    await journal.release(8);
    expect(journal.segmentCount).toBeLessThan(before);
    expect(segments()).toHaveLength(journal.segmentCount);
    await journal.close();
    const again = await openJournal({}, { ...EMPTY_CHECKPOINT, position: 8 });
    expect(again.names).toEqual(names(8, 9, 10, 11));
    expect(again.report.lostRecordCount).toBe(0);
    await again.journal.close();
  });

  it('that are copies of others count nothing twice and do not get others deleted', async () => {
    await writeJournal([[1], [2], [3], [4], [5], [6]], { segmentByteLimit: 300 });
    const files = segments();
    copyFileSync(files[0]!, join(directory, 'journal', '0000000099.wal'));
    const again = await openJournal();
    expect(again.names).toEqual(names(1, 2, 3, 4, 5, 6));
    await again.journal.append(tableOf(7), 0, 1);
    await again.journal.release(2);
    await again.journal.close();
    const third = await openJournal({}, { ...EMPTY_CHECKPOINT, position: 2 });
    expect(third.names).toEqual(names(3, 4, 5, 6, 7));
    await third.journal.close();
  });
});

describe('a damaged journal', () => {
  const batches = [[1, 2], [3], [4, 5, 6], [7], [8, 9], [10], [11, 12]];
  const all = names(...batches.flat());

  /** Starts on what is there, twice, and takes a further span in between: it always must. */
  async function survive() {
    const first = await openJournal();
    await first.journal.append(tableOf(999), 0, 1);
    await first.journal.close();
    const second = await openJournal();
    await second.journal.close();
    expect(second.names).toEqual([...first.names, 'span 999']);
    return first;
  }

  it('with any bit flipped loses at most the record it is in, and says so', async () => {
    await writeJournal(batches);
    const [path] = segments() as [string];
    const whole = readFileSync(path);
    let imageCount = 0;
    for (let at = 0; at < whole.length; at += 5) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1 << (at % 8);
      rmSync(join(directory, 'journal'), { recursive: true });
      const { journal } = await openJournal();
      await journal.close();
      writeFileSync(path, damaged);
      const { names: found, report } = await survive();
      imageCount++;
      const lost = batches.filter((batch) => !found.includes(`span ${batch[0]}`));
      const expected = all.filter((name) => !lost.some((batch) => names(...batch).includes(name)));
      expect(found, `byte ${at}`).toEqual(expected);
      expect(lost.length, `byte ${at}`).toBeLessThanOrEqual(1);
      const isReported = report.lostRecordCount + report.tornByteCount + report.quarantinedFiles.length > 0;
      expect(isReported, `byte ${at}`).toBe(true);
      if (report.tornByteCount === 0) expect(report.lostRecordCount, `byte ${at}`).toBe(lost.length);
    }
    expect(imageCount).toBeGreaterThan(200);
  });

  it('cut off anywhere keeps every record before the cut, and goes on', async () => {
    await writeJournal(batches);
    const [path] = segments() as [string];
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length += 7) {
      rmSync(join(directory, 'journal'), { recursive: true });
      const { journal } = await openJournal();
      await journal.close();
      writeFileSync(path, whole.subarray(0, length));
      const { names: found, report } = await survive();
      expect(found, `length ${length}`).toEqual(all.slice(0, found.length));
      expect([report.lostRecordCount, report.quarantinedFiles], `length ${length}`).toEqual([0, []]);
    }
  });

  it.each([
    ['zeros', (bytes: Buffer) => bytes.fill(0, 400, 480)],
    ['swapped regions', (bytes: Buffer) => bytes.copy(bytes, 200, 400, 460)],
  ])('with %s in the middle serves the rest and keeps a copy of what it could not read', async (_, damage) => {
    await writeJournal(batches);
    const [path] = segments() as [string];
    const bytes = readFileSync(path);
    damage(bytes);
    writeFileSync(path, bytes);
    const { names: found, report } = await survive();
    expect(found.length).toBeLessThan(all.length);
    expect(found.at(-1)).toBe('span 12');
    expect(report.lostRecordCount).toBeGreaterThan(0);
    expect(report.quarantinedFiles.length).toBeGreaterThan(0);
    for (const file of report.quarantinedFiles) expect(readFileSync(file).length).toBeGreaterThan(0);
  });

  it('that lost a whole segment counts its records', async () => {
    await writeJournal([[1], [2], [3], [4], [5], [6]], { segmentByteLimit: 100 });
    const files = segments();
    expect(files.length).toBeGreaterThan(2);
    rmSync(files[1]!);
    const { journal, names: found, report } = await openJournal();
    expect(report.lostRecordCount).toBe(6 - found.length);
    expect(report.lostRecordCount).toBeGreaterThan(0);
    await journal.close();
  });
});
