import { Writable } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { Progress } from './progress.ts';

function terminal(isTTY: boolean): { readonly stream: NodeJS.WriteStream; readonly text: () => string } {
  let text = '';
  const stream = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const width = { isTTY, columns: 120, cursorTo: () => true, clearLine: () => true, moveCursor: () => true };
  return { stream: Object.assign(stream, width) as unknown as NodeJS.WriteStream, text: () => text };
}

describe('progress', () => {
  it('is a bar with rate and time left on a terminal, one for reading and one for analyzing', () => {
    const { stream, text } = terminal(true);
    const progress = new Progress(stream);
    progress.read(50e6, 100e6, 1234);
    progress.analyzed(500, 1234);
    progress.done();
    expect(text()).toMatch(/reading █+░+ 50 % · \d+\.\d MB\/s · 1,234 spans · .* left/);
    expect(text()).toMatch(/analyzing █+░+ 40 % · 500 spans · .* left/);
  });

  it('promises no end to what does not say how long it is', () => {
    const { stream, text } = terminal(true);
    const progress = new Progress(stream);
    progress.read(50e6, undefined, 7);
    progress.done();
    expect(text()).toMatch(/reading 50 MB · \d+\.\d MB\/s · 7 spans/);
    expect(text()).not.toContain('left');
  });

  it('is silent in a pipe', () => {
    const { stream, text } = terminal(false);
    const progress = new Progress(stream);
    progress.read(1, 2, 3);
    progress.analyzed(1, 2);
    progress.done();
    expect(text()).toBe('');
  });
});
