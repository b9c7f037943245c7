import { openSqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';

/** The stores there are, by the name that selects them. Each one passes the tests of `contract.ts`. */
export const STORES = { sqlite: openSqliteStore } as const satisfies Record<string, (directory: string) => Store>;
