import { readTraces, type ReadTraces } from './read-traces.ts';

/** Takes dropped files apart beside the page, so that it stays alive meanwhile. Asked by `dropped-files.ts`. */

/** Files first, then any number of traces, each answered under its number. */
export type Question =
  { readonly number: number; readonly files: readonly File[] } | { readonly number: number; readonly traceId: string };

export interface Answer {
  readonly number: number;
  readonly value?: unknown;
  /** For people. */
  readonly error?: string;
}

let traces: ReadTraces | undefined;

addEventListener('message', (event: MessageEvent<Question>) => {
  void answer(event.data);
});

async function answer(question: Question): Promise<void> {
  const { number } = question;
  try {
    if ('files' in question) {
      const files = await Promise.all(
        question.files.map(async (file) => ({ name: file.name, bytes: await unpacked(file) })),
      );
      traces = readTraces(files);
      reply({ number, value: traces.analysis });
    } else reply({ number, value: traces?.trace(question.traceId) });
  } catch (error) {
    reply({ number, error: error instanceof Error ? error.message : String(error) });
  }
}

function reply(message: Answer): void {
  postMessage(message);
}

/** gzip is told by its first bytes (RFC 1952). */
async function unpacked(file: File): Promise<Uint8Array> {
  const head = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const isPacked = head[0] === 0x1f && head[1] === 0x8b;
  const stream = isPacked ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
