import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json; charset=utf-8',
  '.ico': 'image/x-icon',
};

/** The built web map. Hashed names under `assets/` never change, so browsers may keep them. */
export async function serveStatic(root: string, pathname: string, response: ServerResponse): Promise<void> {
  const relative = normalize(pathname === '/' ? 'index.html' : pathname.slice(1));
  const isOutside = relative.startsWith('..') || relative.startsWith(sep) || relative.includes('\0');
  const contentType = CONTENT_TYPES[extname(relative)];
  if (isOutside || contentType === undefined) {
    notFound(response);
    return;
  }
  try {
    const bytes = await readFile(join(root, relative));
    const isHashed = relative.startsWith(`assets${sep}`);
    response.writeHead(200, {
      'content-type': contentType,
      'content-length': bytes.length,
      'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
    response.end(bytes);
  } catch {
    notFound(response, relative === 'index.html' ? 'the web map is not built: run `npm run build:web`\n' : undefined);
  }
}

function notFound(response: ServerResponse, message = 'not found\n'): void {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end(message);
}
