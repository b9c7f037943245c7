import { fileURLToPath } from 'node:url';

/** Folder of the built web map: `npm run build:web` makes it in a checkout, the package brings it. */
export const WEB_ROOT = fileURLToPath(new URL('../dist/web', import.meta.url));
