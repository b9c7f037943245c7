// Apart from what reads them, so that `--help` answers without loading that.
export const DEFAULT_BASELINE_FILE = 'ringfence.baseline.json';
export const DEFAULT_POLICY_FILE = 'ringfence.yaml';
