import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import jsQR from 'jsqr';

import { ASSETS, HERE, vector } from './support.js';
import { crispWidth, modules, readPicture, runs } from '../../crates/landside-web/assets/lib/qr.js';

const [shown] = vector('presentations').good;

/** Paints the runs that the SVG has, `scale` pixels a module. */
function paint(text, scale) {
  const rows = modules(text);
  const width = rows.length * scale;
  const data = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const [, x, y, length] of runs(rows).matchAll(/M(\d+) (\d+)h(\d+)/g)) {
    for (let py = y * scale; py < (Number(y) + 1) * scale; py++) {
      for (let px = x * scale; px < (Number(x) + Number(length)) * scale; px++) data.fill(0, (py * width + px) * 4, (py * width + px) * 4 + 3);
    }
  }
  return { width, height: width, data };
}

test('a presentation as a QR code is read by our reader and by another one', async () => {
  assert.ok(shown.text.length > 700);
  for (const scale of [3, 4, 7]) {
    const picture = paint(shown.text, scale);
    assert.equal(await readPicture(picture), shown.text);
    assert.equal(jsQR(picture.data, picture.width, picture.height)?.data, shown.text);
  }
});

test('a presentation takes the alphanumeric mode', () => {
  const bytesMode = modules(shown.text.replace('LS1', 'ls1')).length;
  assert.equal(modules(shown.text).length, 89 + 8);
  assert.ok(bytesMode > 89 + 8);
});

test('a picture without a code has none', async () => {
  const data = new Uint8ClampedArray(200 * 200 * 4).fill(255);
  assert.equal(await readPicture({ width: 200, height: 200, data }), null);
});

test('every module is whole pixels of the screen', () => {
  for (const [room, ratio] of [[320, 1], [288, 2], [343, 3], [360, 2.625]]) {
    const width = crispWidth(97, room, ratio);
    assert.ok(width <= room);
    assert.ok(Number.isInteger(Math.round((width * ratio * 1e6) / 97) / 1e6));
  }
});

test('code by others is served as it comes from its package', () => {
  for (const file of ['index.js', 'decode.js', 'LICENSE-MIT']) {
    const ours = readFileSync(join(ASSETS, 'vendor/qr', file));
    assert.deepEqual(ours, readFileSync(join(HERE, 'node_modules/qr', file)), file);
  }
  const { version } = JSON.parse(readFileSync(join(HERE, 'node_modules/qr/package.json'), 'utf8'));
  assert.ok(readFileSync(join(ASSETS, 'vendor/README.md'), 'utf8').includes(`| ${version}, `));
});
