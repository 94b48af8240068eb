import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { KEPT, WORKER, digest, driverFiles, sealed } from './assets.js';
import { ASSETS, walk } from './support.js';

const DRIVER = join(ASSETS, 'driver');
/** What the first visit may cost on a slow network, compressed. */
const FIRST_LOAD_MAX = 200_000;

test('the worker keeps exactly the files that the app needs, of the version they have', () => {
  assert.equal(readFileSync(KEPT, 'utf8'), sealed(), 'run tests/web/seal');
  for (const file of driverFiles()) assert.ok(existsSync(join(DRIVER, file)), file);
});

test('nothing in the worker itself is made by a tool', () => {
  const text = readFileSync(WORKER, 'utf8');
  assert.match(text, /^importScripts\('kept\.js'\);$/m);
  assert.doesNotMatch(text, /[0-9a-f]{16}/);
  assert.ok(!driverFiles().some((file) => ['sw.js', 'kept.js'].includes(file)), 'what is sealed holds the seal');
});

test('a change of any file is another version', () => {
  const files = driverFiles();
  assert.notEqual(digest(files), digest(files.slice(1)));
});

test('all that the app ever loads stays within its budget, compressed', (t) => {
  const sizes = ['sw.js', 'kept.js', ...driverFiles()].map((file) => [gzipSync(readFileSync(join(DRIVER, file))).length, file]);
  const sum = sizes.reduce((total, [size]) => total + size, 0);
  t.diagnostic(`${sum} bytes compressed in ${sizes.length} files`);
  assert.ok(sum < FIRST_LOAD_MAX, `${sum} bytes: ${sizes.sort((a, b) => b[0] - a[0]).slice(0, 5).join(' ')}`);
});

test('nothing is served from elsewhere, and nothing needs a looser policy', () => {
  for (const file of walk(ASSETS).filter((f) => /\.(js|html|css)$/.test(f) && !f.startsWith('vendor'))) {
    const text = readFileSync(join(ASSETS, file), 'utf8').replaceAll('http://www.w3.org/2000/svg', '');
    assert.doesNotMatch(text, /['"(]https?:\/\/[a-z]/, file);
    assert.doesNotMatch(text, /\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write/, file);
    if (file.endsWith('.html')) assert.doesNotMatch(text, /<script>|<style|\son[a-z]+=|\sstyle=/, file);
  }
});

test('files are short enough to read, and every line fits', () => {
  for (const file of walk(ASSETS).filter((f) => /\.(js|css|html)$/.test(f) && !f.startsWith('vendor'))) {
    const lines = readFileSync(join(ASSETS, file), 'utf8').split('\n');
    assert.ok(lines.length < 600, `${file}: ${lines.length} lines`);
  }
});
