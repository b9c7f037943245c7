import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

import type { SpanTable } from '../analyzer/model/span-table.ts';
import { type Decoder, MalformedInputError } from './decode/contract.ts';
import { Pipeline, type PipelineStore } from './pipeline.ts';
import { createOtlpHttpReceiver } from './receiver/otlp-http.ts';

/**
 * The collector of `pipeline.kill.test.ts`, a process of its own to be killed: receiver, journal, assembler and the
 * simplest store there is. Prints the port when it is ready. Told to on its standard input, it ends in good order.
 */
const [dataDirectory] = process.argv.slice(2) as [string];

/** A line per commit: the numbers of the spans in it, and the checkpoint. A line that is not whole does not count. */
const storePath = join(dataDirectory, 'store.jsonl');
const store: PipelineStore<number[]> = {
  readCheckpoint: () => {
    if (!existsSync(storePath)) return undefined;
    const text = readFileSync(storePath, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    truncateSync(storePath, whole.length);
    const line = whole.split('\n').at(-2);
    return line === undefined
      ? undefined
      : Buffer.from((JSON.parse(line) as { checkpoint: string }).checkpoint, 'base64');
  },
  commit: (numbers, checkpoint) => {
    const file = openSync(storePath, 'a');
    appendFileSync(file, `${JSON.stringify({ numbers, checkpoint: Buffer.from(checkpoint).toString('base64') })}\n`);
    fsyncSync(file);
    closeSync(file);
  },
};

let observed: number[] = [];
const pipeline = new Pipeline<number[]>({
  dataDirectory,
  store,
  onTrace: (trace) => observed.push(...numbersOf(trace)),
  takeDelta: () => {
    const taken = observed;
    observed = [];
    return taken;
  },
  // So short that within a second traces close and open, commits happen and segments come and go.
  assembler: { idleLimitMs: 40, maxAgeMs: 150, maxOpenSpanCount: 300, chunkRowCount: 64 },
  journal: { segmentByteLimit: 20_000 },
  checkpointIntervalMs: 10,
  closeIntervalMs: 5,
  dictionaryByteLimit: 40_000,
});

/** A list of numbers; each is a span of the trace that its last two digits name. */
const decodeNumbers: Decoder = (bytes, table) => {
  const numbers: unknown = JSON.parse(Buffer.from(bytes).toString());
  if (!Array.isArray(numbers)) throw new MalformedInputError('expected a list');
  for (const number of numbers as number[]) {
    table.addSpan({
      traceId: String((number % 100) + 1),
      spanId: (number + 1).toString(16),
      resource: { service: `service-${number % 7}` },
      name: String(number),
    });
  }
  return { spanCount: numbers.length, rejectedCount: 0, problems: [] };
};

function numbersOf(trace: SpanTable): number[] {
  return Array.from({ length: trace.count }, (_, row) => Number(trace.span(row).name));
}

const report = await pipeline.start();
const receiver = createOtlpHttpReceiver(pipeline, {
  decoders: { json: decodeNumbers, protobuf: decodeNumbers },
  hosts: ['127.0.0.1'],
  port: 0,
});
const port = await receiver.listen();
process.stdout.write(`${JSON.stringify({ port, ...report })}\n`);

process.stdin.once('data', () => void stop());

async function stop(): Promise<void> {
  await receiver.close();
  pipeline.closeOpenTraces();
  await pipeline.stop();
  process.stdin.destroy();
}
