// Where things are, and the files that tests read.

import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const HERE = dirname(fileURLToPath(import.meta.url));
export const ROOT = join(HERE, '../..');
export const ASSETS = join(ROOT, 'crates/landside-web/assets');

export const vector = (name) => JSON.parse(readFileSync(join(ROOT, 'fixtures/vectors', `${name}.json`), 'utf8'));

/** The vector files that the screens are held against, and the test keys. */
export function vectorFiles() {
  const keys = {};
  for (const file of readdirSync(join(ROOT, 'keys'))) {
    if (file.endsWith('.pem')) keys[file.slice(0, -4)] = readFileSync(join(ROOT, 'keys', file), 'utf8');
  }
  const names = ['agents', 'directory', 'documents', 'presentations', 'rotations'];
  return { ...Object.fromEntries(names.map((name) => [name, vector(name)])), keys };
}

/** Every file under a folder of assets, as paths from there. */
export function walk(folder, under = '') {
  return readdirSync(join(folder, under), { withFileTypes: true }).flatMap((entry) => {
    const path = join(under, entry.name);
    return entry.isDirectory() ? walk(folder, path) : [path];
  });
}

const MODULES = ['bytes', 'cbor', 'cose', 'directory', 'key', 'kinds', 'presentation', 'refusal', 'rotations', 'base45'];

export async function library() {
  const loaded = await Promise.all(MODULES.map((name) => import(`${ASSETS}/lib/${name}.js`)));
  return Object.fromEntries(MODULES.map((name, i) => [name, loaded[i]]));
}
