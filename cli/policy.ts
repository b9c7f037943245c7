import { existsSync } from 'node:fs';

import { EMPTY_POLICY, type Policy } from '../analyzer/model/policy.ts';
import { type DeclaredSource, readDeclaredSources, readPolicy } from '../collector/config.ts';

export const DEFAULT_POLICY_FILE = 'ringfence.yaml';

/** The policy file that was named, else `ringfence.yaml` of the current folder, else nothing declared. */
export async function loadPolicy(path: string | undefined): Promise<Policy> {
  if (path !== undefined) return readPolicy(path);
  return existsSync(DEFAULT_POLICY_FILE) ? readPolicy(DEFAULT_POLICY_FILE) : EMPTY_POLICY;
}

/** What `serve` pulls from, said in the same file. */
export async function loadDeclaredSources(path: string | undefined): Promise<readonly DeclaredSource[]> {
  if (path !== undefined) return readDeclaredSources(path);
  return existsSync(DEFAULT_POLICY_FILE) ? readDeclaredSources(DEFAULT_POLICY_FILE) : [];
}
