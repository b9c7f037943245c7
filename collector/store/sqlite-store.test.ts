import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterAll, describe, expect, it } from 'vitest';

import { describeStore } from './contract.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';

const parent = mkdtempSync(join(tmpdir(), 'ringfence-store-'));
afterAll(() => {
  rmSync(parent, { recursive: true });
});

let directoryCount = 0;
const directories = new WeakMap<Store, string>();

function newDirectory(): string {
  return join(parent, `data-${directoryCount++}`);
}

function openIn(directory: string): Store {
  const store = openSqliteStore(directory);
  directories.set(store, directory);
  return store;
}

describeStore(
  'sqlite',
  () => openIn(newDirectory()),
  (store) => {
    store.close();
    return openIn(directories.get(store)!);
  },
);

describe('a directory that cannot be used', () => {
  it('is locked: the second process is told, the first goes on', () => {
    const directory = newDirectory();
    const store = openSqliteStore(directory);
    expect(() => openSqliteStore(directory)).toThrow(/in use by another ringfence: stop that one/);
    expect(store.environments()).toEqual([]);
    store.close();
  });

  it('was written by a newer version: it is left alone', () => {
    const directory = newDirectory();
    openSqliteStore(directory).close();
    const database = new DatabaseSync(join(directory, 'ringfence.sqlite'));
    database.exec('PRAGMA user_version = 99999');
    database.close();
    expect(() => openSqliteStore(directory)).toThrow(/written by a newer ringfence \(store version 99/);
  });

  it('was written by an older version: it is left alone', () => {
    const directory = newDirectory();
    openSqliteStore(directory).close();
    const database = new DatabaseSync(join(directory, 'ringfence.sqlite'));
    database.exec('PRAGMA user_version = 1');
    database.close();
    expect(() => openSqliteStore(directory)).toThrow(/written by an older ringfence \(store version 1,/);
  });

  it('holds something that is no database', () => {
    const directory = newDirectory();
    openSqliteStore(directory).close();
    writeFileSync(join(directory, 'ringfence.sqlite'), 'not a database at all'.repeat(100));
    expect(() => openSqliteStore(directory)).toThrow(/is damaged/);
  });

  it('holds the database of another program', () => {
    const directory = newDirectory();
    openSqliteStore(directory).close();
    rmSync(join(directory, 'ringfence.sqlite'));
    const database = new DatabaseSync(join(directory, 'ringfence.sqlite'));
    database.exec('CREATE TABLE theirs (x)');
    database.close();
    expect(() => openSqliteStore(directory)).toThrow(/not one of ringfence/);
  });

  it('is a file', () => {
    const file = join(parent, 'file');
    writeFileSync(file, '');
    expect(() => openSqliteStore(file)).toThrow(/cannot create the data directory .*--data/);
  });
});
