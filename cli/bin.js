#!/usr/bin/env node
// Plain JavaScript, so that a Node too old to read the rest can at least say so.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `ringfence needs Node 24 or newer, this is ${process.versions.node}. In a checkout, npm scripts bring their own: npm start\n`,
  );
  process.exitCode = 2;
} else {
  await import('./main.ts');
}
