import type { Analysis, TraceDetail } from '../analyzer/model/analysis.ts';
import type { Api } from './api.ts';
import type { Answer, Question } from './dropped/worker.ts';

/** The same answers as from a server, for files of this computer: they are read in a worker and go nowhere. */
export function droppedApi(files: readonly File[]): Api {
  const worker = new Worker(new URL('./dropped/worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<number, (answer: Answer) => void>();
  let count = 0;
  worker.addEventListener('message', (event: MessageEvent<Answer>) => {
    waiting.get(event.data.number)?.(event.data);
    waiting.delete(event.data.number);
  });
  const ask = (question: { files: readonly File[] } | { traceId: string }): Promise<unknown> => {
    const number = ++count;
    return new Promise((resolve, reject) => {
      waiting.set(number, ({ value, error }) => (error === undefined ? resolve(value) : reject(new Error(error))));
      worker.postMessage({ ...question, number } satisfies Question);
    });
  };
  const analysis = ask({ files }) as Promise<Analysis>;
  return {
    analysis: () => analysis,
    analysisBetween: () => Promise.reject(new Error('A file is one window: there is nothing to compare it with.')),
    async trace(traceId) {
      const detail = (await ask({ traceId })) as TraceDetail | undefined;
      if (detail === undefined) throw new Error('This trace is not in the file.');
      return detail;
    },
    listen: () => () => worker.terminate(),
  };
}
