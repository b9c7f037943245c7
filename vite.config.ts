import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, defineConfig, type Plugin, type UserConfig } from 'vite';

const shared = {
  root: 'web',
  base: './',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  resolve: { alias: { 'd3-transition': join(import.meta.dirname, 'web/no-transition.ts') } },
} satisfies UserConfig;

/**
 * Builds the web map into dist/web, which `ringfence serve` hands out as static files, and the same as one file that holds
 * everything: the shell of `analyze --format html`.
 */
export default defineConfig({
  ...shared,
  build: { outDir: '../dist/web', emptyOutDir: true, modulePreload: { polyfill: false } },
  plugins: [reportShell()],
});

/** Writes report.html: markup, style and script in one, under a policy that lets nothing else run or load. */
function reportShell(): Plugin {
  let folder = '';
  return {
    name: 'report-shell',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
      if (config.build.outDir.startsWith('/')) folder = config.build.outDir;
    },
    async closeBundle() {
      const result = await build({
        ...shared,
        configFile: false,
        logLevel: 'silent',
        build: {
          write: false,
          cssCodeSplit: false,
          modulePreload: false,
          rolldownOptions: { output: { codeSplitting: false } },
        },
      });
      const { output } = (Array.isArray(result) ? result[0]! : result) as {
        readonly output: readonly {
          readonly fileName: string;
          readonly code?: string;
          readonly source?: string | Uint8Array;
        }[];
      };
      // The worker for dropped files stays out: there is no server to drop them on.
      const script = output.map(({ code }) => code ?? '').join('');
      const textOf = (ending: string): string =>
        output.flatMap(({ fileName, source }) => (fileName.endsWith(ending) ? [String(source)] : [])).join('\n');
      await writeFile(join(folder, 'report.html'), oneFile(textOf('.html'), script, textOf('.css')));
    },
  };
}

function oneFile(markup: string, script: string, style: string): string {
  const code = script.replaceAll(/<(?=\/script|!--)/gi, '\\x3c');
  const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = `default-src 'none'; script-src ${hash(code)}; style-src ${hash(style)}; img-src data:; base-uri 'none'; form-action 'none'`;
  const head =
    `<meta http-equiv="Content-Security-Policy" content="${policy}">\n    ` +
    `<style>${style}</style>\n    <script type="module">${code}</script>\n  </head>`;
  return markup
    .replaceAll(/\s*<script type="module"[^>]*><\/script>|\s*<link rel="(?:stylesheet|modulepreload)"[^>]*>/g, '')
    .replace('</head>', () => head)
    .replace('</body>', '  <!--analysis-->\n  </body>');
}
