import { defineConfig } from 'vite';

/** Builds the web map into dist/web, which `ringfence serve` hands out as static files. */
export default defineConfig({
  root: 'web',
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: { outDir: '../dist/web', emptyOutDir: true, modulePreload: { polyfill: false } },
});
