import type { BenchResult } from './bench.ts';

/** Every bench by the name that `npm run bench -- <name>` takes. Loaded only where it runs: each has a process of its own. */
export const BENCHES: Readonly<Record<string, () => Promise<BenchResult[]>>> = {
  decode: async () => (await import('./decode.ts')).benchDecode(),
  formats: async () => (await import('./formats.ts')).benchFormats(),
  pipeline: async () => (await import('./pipeline.ts')).benchPipeline(),
  assemble: async () => (await import('./assemble.ts')).benchAssemble(),
  http: async () => (await import('./http.ts')).benchHttp(),
  'large-trace': async () => (await import('./large-trace.ts')).benchLargeTrace(),
  graph: async () => (await import('./graph.ts')).benchGraph(),
  rollup: async () => (await import('./rollup.ts')).benchRollup(),
};
