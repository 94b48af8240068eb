import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { ROOT } from './support.js';

const source = (/** @type {string} */ name) => readFileSync(join(ROOT, 'crates/landside-web/assets', name), 'utf8');

test('every list of documents of the console names who signed for a line', () => {
  for (const name of ['console/casepage.js', 'console/files.js']) {
    assert.match(source(name), /say\.signer\(/, name);
  }
  assert.doesNotMatch(source('console/casepage.js'), /say\.party\(step\.issuer/, 'the line alone as signer');
});

test('both languages say agent, line and message', () => {
  for (const name of ['text/en.json', 'text/zh-CN.json']) {
    const said = JSON.parse(source(name))['console.by-agent'];
    for (const part of ['{line}', '{agent}', '{hash}']) assert.ok(said.includes(part), `${name}: ${part}`);
  }
});
