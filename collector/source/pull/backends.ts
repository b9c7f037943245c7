import type { Backend } from './backend.ts';
import { JAEGER } from './jaeger.ts';
import type { BackendName } from './pull-source.ts';
import { TEMPO } from './tempo.ts';
import { ZIPKIN } from './zipkin.ts';

/** Every backend traces are pulled from. A new one is its file, its line here and its name in `pull-source.ts`. */
export const BACKENDS: Readonly<Record<BackendName, Backend>> = { jaeger: JAEGER, tempo: TEMPO, zipkin: ZIPKIN };
