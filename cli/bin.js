#!/usr/bin/env node
// Plain JavaScript, so that a Node too old to read the rest can at least say so.
import { existsSync } from 'node:fs';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `ringfence needs Node 24 or newer, this is ${process.versions.node}. In a checkout, npm scripts bring their own: npm start\n`,
  );
  process.exitCode = 2;
} else {
  // A checkout runs as it is written, the package as it was built: Node takes no TypeScript under node_modules.
  if (existsSync(new URL('main.ts', import.meta.url))) await import('./main.ts');
  else await import(new URL('../dist/node/cli/main.js', import.meta.url).href);
}
