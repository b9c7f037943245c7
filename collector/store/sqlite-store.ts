import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

import type { TraceDetail } from '../../analyzer/model/analysis.ts';
import { exampleTraceIds } from '../../analyzer/rollup/example-traces.ts';
import { addRollup, emptyRollup } from '../../analyzer/rollup/merge-rollups.ts';
import { retractRollup } from '../../analyzer/rollup/retract-rollup.ts';
import type { Rollup } from '../../analyzer/rollup/rollup.ts';
import { encodeRollup } from '../../analyzer/rollup/encode-rollup.ts';
import { ROLLUP_FORMAT } from '../../analyzer/rollup/rollup-format.ts';
import { RollupReader } from '../../analyzer/rollup/rollup-reader.ts';
import {
  DEFAULT_RETENTION,
  type Retention,
  type Store,
  type StoreChange,
  StoreError,
  type StoreWindow,
} from './store.ts';

/** Steps of time, in seconds: what is old is kept in longer ones. */
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** Goes up with every change of the tables or of `TraceDetail`. */
const TABLES_VERSION = 2;
const SCHEMA_VERSION = TABLES_VERSION * 100 + ROLLUP_FORMAT;

const REMEMBERED_SUMS = 4;

/** All that was observed in one step of time, of one environment. */
interface StepSum {
  readonly key: string;
  readonly stepS: number;
  readonly startS: number;
  readonly environment: string;
  readonly sum: Rollup;
}

const SCHEMA = `
  CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE rollups (
    step_s INTEGER NOT NULL, start_s INTEGER NOT NULL, environment TEXT NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (step_s, start_s, environment)
  );
  CREATE TABLE traces (id INTEGER PRIMARY KEY, trace_id TEXT NOT NULL, start_s INTEGER NOT NULL, bytes BLOB NOT NULL);
  CREATE UNIQUE INDEX traces_by_trace_id ON traces (trace_id);
  CREATE INDEX traces_by_start ON traces (start_s);
`;

/**
 * The embedded store: one SQLite file in the data directory (write-ahead log, full synchronisation, one writer). A rollup is
 * one packed row per minute and environment, so a commit costs the same for one dependency as for a thousand.
 *
 * `directory` may be `:memory:` for a store that ends with the process. Throws a StoreError if another process holds the
 * store, if a newer version wrote it, or if it is damaged.
 */
export function openSqliteStore(directory: string, retention: Retention = DEFAULT_RETENTION): Store {
  const database = openDatabase(directory);
  return new SqliteStore(database, retention);
}

class SqliteStore implements Store {
  readonly #database: DatabaseSync;
  readonly #retention: Retention;
  /** The sums that were written last, by step, start and environment: the running minute is added to every second. */
  readonly #sums = new Map<string, Rollup>();
  readonly #readOne: StatementSync;
  readonly #write: StatementSync;
  readonly #writeTrace: StatementSync;
  readonly #writeFact: StatementSync;

  constructor(database: DatabaseSync, retention: Retention) {
    this.#database = database;
    this.#retention = retention;
    this.#readOne = database.prepare('SELECT bytes FROM rollups WHERE step_s = ? AND start_s = ? AND environment = ?');
    this.#write = database.prepare(
      `INSERT INTO rollups (step_s, start_s, environment, bytes) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET bytes = excluded.bytes`,
    );
    this.#writeTrace = database.prepare(
      `INSERT INTO traces (trace_id, start_s, bytes) VALUES (?, ?, ?)
       ON CONFLICT (trace_id) DO UPDATE SET bytes = excluded.bytes, start_s = excluded.start_s`,
    );
    this.#writeFact = database.prepare(
      'INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    );
  }

  commit({ rollups, traces, checkpoint }: StoreChange): void {
    this.#transaction(() => {
      const steps = new Map<string, StepSum>();
      for (const { atUs, environment, rollup, isRetracted = false } of rollups) {
        const atS = Math.floor(atUs / 1e6);
        // What comes late goes where its time has been folded to.
        const stepS = this.#stepOf(atS, environment);
        const startS = startOf(atS, stepS);
        const key = keyOf(stepS, startS, environment);
        const step = steps.get(key) ?? {
          key,
          stepS,
          startS,
          environment,
          sum: this.#sumOf(key, stepS, startS, environment),
        };
        if (isRetracted) retractRollup(step.sum, rollup);
        else addRollup(step.sum, rollup);
        steps.set(key, step);
      }
      for (const step of steps.values()) this.#writeSum(step);
      for (const trace of traces) {
        const startS = Math.floor(Date.parse(trace.startedAt) / 1000);
        this.#writeTrace.run(trace.traceId, startS, deflateRawSync(JSON.stringify(trace), { level: 1 }));
      }
      if (checkpoint !== undefined) this.#writeFact.run('checkpoint', checkpoint);
    });
  }

  checkpoint(): Uint8Array | undefined {
    const row = this.#database.prepare("SELECT value FROM facts WHERE name = 'checkpoint'").get();
    return row === undefined ? undefined : (row['value'] as Uint8Array);
  }

  read({ fromUs, toUs, environment }: StoreWindow = {}): Rollup {
    const fromS = fromUs === undefined ? 0 : Math.floor(fromUs / 1e6);
    const toS = toUs === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(toUs / 1e6);
    // A step belongs to the window if any part of it does: folded time is coarse, and leaving it out would hide edges.
    const rows = this.#database
      .prepare(
        `SELECT bytes FROM rollups WHERE start_s < ? AND start_s + step_s > ? AND (? IS NULL OR environment = ?)
         ORDER BY step_s, start_s, environment`,
      )
      .iterate(toS, fromS, environment ?? null, environment ?? null);
    const rollup = emptyRollup();
    const reader = new RollupReader(rollup);
    for (const row of rows) reader.add(row['bytes'] as Uint8Array);
    reader.finish();
    return rollup;
  }

  environments(): string[] {
    const rows = this.#database.prepare('SELECT DISTINCT environment FROM rollups ORDER BY environment').all();
    return rows.map((row) => row['environment'] as string);
  }

  trace(traceId: string): TraceDetail | undefined {
    const row = this.#database.prepare('SELECT bytes FROM traces WHERE trace_id = ?').get(traceId);
    if (row === undefined) return undefined;
    return JSON.parse(inflateRawSync(row['bytes'] as Uint8Array).toString()) as TraceDetail;
  }

  sumAtHand(atUs: number, environment: string): Rollup | undefined {
    return this.#sums.get(keyOf(MINUTE_S, startOf(Math.floor(atUs / 1e6), MINUTE_S), environment));
  }

  tidy(nowUs: number): void {
    const nowS = Math.floor(nowUs / 1e6);
    this.#transaction(() => {
      this.#fold(MINUTE_S, HOUR_S, nowS - this.#retention.minutesForS);
      this.#fold(HOUR_S, DAY_S, nowS - this.#retention.hoursForS);
      const oldestS = nowS - this.#retention.daysForS;
      this.#database.prepare('DELETE FROM rollups WHERE start_s + step_s <= ?').run(oldestS);
      this.#database.prepare('DELETE FROM traces WHERE start_s <= ?').run(oldestS);
    });
  }

  close(): void {
    this.#database.close();
  }

  #sumOf(key: string, stepS: number, startS: number, environment: string): Rollup {
    return this.#sums.get(key) ?? this.#stored(stepS, startS, environment);
  }

  #writeSum({ key, stepS, startS, environment, sum }: StepSum): void {
    this.#write.run(stepS, startS, environment, encodeRollup(sum));
    this.#sums.set(key, sum);
    if (this.#sums.size > REMEMBERED_SUMS) this.#sums.delete(this.#sums.keys().next().value!);
  }

  #stored(stepS: number, startS: number, environment: string): Rollup {
    const sum = emptyRollup();
    const stored = this.#readOne.get(stepS, startS, environment);
    if (stored === undefined) return sum;
    const reader = new RollupReader(sum);
    reader.add(stored['bytes'] as Uint8Array);
    reader.finish();
    return sum;
  }

  /** Minutes, unless the hour or the day around that moment has been folded already. */
  #stepOf(atS: number, environment: string): number {
    for (const step of [DAY_S, HOUR_S]) {
      if (this.#readOne.get(step, startOf(atS, step), environment) !== undefined) return step;
    }
    return MINUTE_S;
  }

  /** Adds up all steps of one length that lie in a longer step which ended before `beforeS`, and drops their lesser examples. */
  #fold(fromStepS: number, toStepS: number, beforeS: number): void {
    const endS = startOf(beforeS, toStepS);
    const due = this.#database
      .prepare('SELECT start_s, environment, bytes FROM rollups WHERE step_s = ? AND start_s < ? ORDER BY start_s')
      .all(fromStepS, endS);
    if (due.length === 0) return;
    const sums = new Map<string, { startS: number; environment: string; sum: Rollup; reader: RollupReader }>();
    for (const row of due) {
      const startS = startOf(row['start_s'] as number, toStepS);
      const environment = row['environment'] as string;
      const key = `${startS} ${environment}`;
      let entry = sums.get(key);
      if (entry === undefined) {
        const sum = emptyRollup();
        entry = { startS, environment, sum, reader: new RollupReader(sum) };
        sums.set(key, entry);
      }
      entry.reader.add(row['bytes'] as Uint8Array);
    }
    for (const { startS, environment, sum, reader } of sums.values()) {
      reader.finish();
      const whole = this.#stored(toStepS, startS, environment);
      addRollup(whole, sum);
      this.#write.run(toStepS, startS, environment, encodeRollup(whole));
    }
    this.#database.prepare('DELETE FROM rollups WHERE step_s = ? AND start_s < ?').run(fromStepS, endS);
    this.#sums.clear();
    this.#dropTracesNobodyNames(endS, toStepS);
  }

  #dropTracesNobodyNames(beforeS: number, stepS: number): void {
    const named = new Set<string>();
    const rows = this.#database.prepare('SELECT bytes FROM rollups WHERE start_s < ?').iterate(beforeS);
    for (const row of rows) {
      const rollup = emptyRollup();
      const reader = new RollupReader(rollup);
      reader.add(row['bytes'] as Uint8Array);
      reader.finish();
      for (const traceId of exampleTraceIds(rollup)) named.add(traceId);
    }
    const drop = this.#database.prepare('DELETE FROM traces WHERE trace_id = ?');
    const old = this.#database.prepare('SELECT trace_id FROM traces WHERE start_s < ?').all(beforeS - stepS);
    for (const { trace_id: traceId } of old) if (!named.has(traceId as string)) drop.run(traceId as string);
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      // What is remembered is ahead of what is stored.
      this.#sums.clear();
      throw error;
    }
  }
}

function keyOf(stepS: number, startS: number, environment: string): string {
  return `${stepS} ${startS} ${environment}`;
}

function startOf(atS: number, stepS: number): number {
  return Math.floor(atS / stepS) * stepS;
}

function openDatabase(directory: string): DatabaseSync {
  const isInMemory = directory === ':memory:';
  const path = isInMemory ? directory : join(directory, 'ringfence.sqlite');
  if (!isInMemory) makeDirectory(directory);
  const isNew = isInMemory || !existsSync(path);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 500 });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
    // Held until close: one writer, and the second process learns it at once.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT');
    prepareSchema(database, path, isNew);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof StoreError) throw error;
    throw explained(error, path);
  }
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw new StoreError(
      `cannot create the data directory ${directory} (${(error as Error).message}): name another one with --data`,
    );
  }
}

function prepareSchema(database: DatabaseSync, path: string, isNew: boolean): void {
  const version = database.prepare('PRAGMA user_version').get()?.['user_version'] as number;
  if (version === SCHEMA_VERSION) return;
  if (version > SCHEMA_VERSION) {
    throw new StoreError(
      `${path} was written by a newer ringfence (store version ${version}, this one knows ${SCHEMA_VERSION}): ` +
        'update ringfence, or name another directory with --data. Nothing was changed.',
    );
  }
  if (version > 0) {
    throw new StoreError(
      `${path} was written by an older ringfence (store version ${version}, this one knows ${SCHEMA_VERSION}) ` +
        'in a form that this one does not read: use that version, or name another directory with --data. Nothing was changed.',
    );
  }
  const hasTables = database.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get() !== undefined;
  if (!isNew && hasTables) {
    throw new StoreError(`${path} is a database, but not one of ringfence: name another directory with --data`);
  }
  database.exec(`BEGIN; ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
}

/** SQLite's word for what is wrong, with the way out. */
function explained(error: unknown, path: string): StoreError {
  const message = error instanceof Error ? error.message : String(error);
  if (/locked|busy/i.test(message)) {
    return new StoreError(
      `${path} is in use by another ringfence: stop that one, or name another directory with --data`,
    );
  }
  if (/not a database|malformed|corrupt/i.test(message)) {
    return new StoreError(
      `${path} is damaged (${message}): move it away and start again; the journal beside it is untouched`,
    );
  }
  return new StoreError(
    `cannot open ${path} (${message}): check the directory's permissions, or name another with --data`,
  );
}
