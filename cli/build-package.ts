import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `npm run build`: what the package holds, in dist/. Node runs our TypeScript as it is, but not under node_modules, so the
 * command line is compiled file by file into dist/node, in the same folders as here. Types are checked elsewhere.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'dist/node');

const bin = (...parts: string[]): string => join(root, 'node_modules', ...parts);
const run = (script: string, ...args: string[]): void => {
  execFileSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
};

rmSync(out, { recursive: true, force: true });
run(bin('typescript/bin/tsc'), '-p', 'tsconfig.build.json');
run(bin('vite/bin/vite.js'), 'build', '--logLevel', 'warn', '--outDir', join(out, 'dist/web'), '--emptyOutDir');

// Our graph package is a workspace here and comes with us there: the registry has no part in it.
const graphs = join(out, 'analyzer/graphology-cycles/index.js');
for (const path of readdirSync(out, { recursive: true, encoding: 'utf8' })) {
  if (!path.endsWith('.js') || path.startsWith('dist')) continue;
  const file = join(out, path);
  const before = readFileSync(file, 'utf8');
  const way = relative(dirname(file), graphs).replaceAll('\\', '/');
  const after = before.replaceAll("from 'graphology-cycles'", `from '${way.startsWith('.') ? way : `./${way}`}'`);
  if (after !== before) writeFileSync(file, after);
}

const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string>;
writeFileSync(join(out, 'package.json'), `${JSON.stringify({ name, version, type: 'module' })}\n`);
