// Which files the driver app needs, found by reading them, and the digest of them all.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

import { ASSETS } from './support.js';

const DRIVER = join(ASSETS, 'driver');

/** Paths from the driver app's folder: the page, all that it names, all that those name. */
export function driverFiles() {
  const found = new Set();
  const visit = (path) => {
    if (found.has(path)) return;
    found.add(path);
    const text = /\.(js|html|webmanifest)$/.test(path) ? readFileSync(path, 'utf8') : '';
    const names = [
      ...text.matchAll(/(?:from|import|import\()\s*\(?'(\.[^']+)'/g),
      ...text.matchAll(/(?:href|src)="([^"#:]+)"/g),
      ...text.matchAll(/"src": "([^"]+)"/g),
      ...text.matchAll(/new URL\('(\.\.[^']+\.svg)'/g),
    ];
    for (const [, name] of names) visit(join(dirname(path), name));
  };
  visit(join(DRIVER, 'index.html'));
  for (const language of ['en', 'zh-CN']) visit(join(ASSETS, 'text', `${language}.json`));
  return [...found].map((path) => relative(DRIVER, path)).sort();
}

/** The digest over names and bytes. */
export function digest(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const bytes = readFileSync(join(DRIVER, file));
    hash.update(`${file}\n${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex').slice(0, 16);
}

export const WORKER = join(DRIVER, 'sw.js');
/** What the worker is told: made by `seal`, and by nobody's hand. */
export const KEPT = join(DRIVER, 'kept.js');

/** The list and the digest that are right today, as a script that the worker imports. */
export function sealed() {
  const files = driverFiles();
  const list = files.map((file) => `    '${file === 'index.html' ? './' : file}',\n`).join('');
  return `// Made by tests/web/seal: the files that the worker keeps, and SHA-256 over them. Not to be written by hand.
self.KEPT = {
  version: '${digest(files)}',
  files: [
${list}  ],
};
`;
}
