import { existsSync } from 'node:fs';

import { EMPTY_POLICY, type Policy } from '../analyzer/model/policy.ts';
import type { DeclaredSource } from '../collector/config.ts';
import { DEFAULT_POLICY_FILE } from './default-files.ts';

/** The file that `loadPolicy` reads, null where there is none. */
export function policyFile(path: string | undefined): string | null {
  return path ?? (existsSync(DEFAULT_POLICY_FILE) ? DEFAULT_POLICY_FILE : null);
}

/** The policy file that was named, else `ringfence.yaml` of the current folder, else nothing declared. */
export async function loadPolicy(path: string | undefined): Promise<Policy> {
  const file = policyFile(path);
  // What reads YAML takes longer to load than most inputs to check.
  return file === null ? EMPTY_POLICY : (await import('../collector/config.ts')).readPolicy(file);
}

/** What `serve` pulls from, said in the same file. */
export async function loadDeclaredSources(path: string | undefined): Promise<readonly DeclaredSource[]> {
  const file = policyFile(path);
  return file === null ? [] : (await import('../collector/config.ts')).readDeclaredSources(file);
}
