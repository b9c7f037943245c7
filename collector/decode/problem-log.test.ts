import { expect, it } from 'vitest';
import { ProblemLog } from './problem-log.ts';

it('a million different reasons are few problems, and every one counts', () => {
  const log = new ProblemLog();
  for (let byte = 0; byte < 1_000_000; byte++) log.add(byte % 2 === 0 ? 'even' : 'odd', 'line 1', `bad byte ${byte}`);
  log.add('even', 'line 2', 'bad byte 0');
  const { problems } = log;
  expect(problems.length).toBe(52);
  expect(problems.reduce((sum, { count }) => sum + count, 0)).toBe(1_000_001);
  expect(problems[0]).toEqual({ kind: 'even', message: 'line 1: bad byte 0 (the first of 2)', count: 2 });
});
