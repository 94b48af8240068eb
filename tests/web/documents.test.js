import assert from 'node:assert/strict';
import { test } from 'node:test';

import { library, vectorFiles } from './support.js';
import { flipEveryBit, holdVectors } from './vectors.js';

test('every vector opens, or is refused with the code that is written', async (t) => {
  const { good, bad, faults } = await holdVectors(vectorFiles(), await library());
  assert.deepEqual(faults, []);
  assert.ok(good >= 46 && bad >= 376, `${good} good and ${bad} bad`);
  t.diagnostic(`${good} good and ${bad} bad vectors`);
});

test('every flipped bit of a pass is refused', async () => {
  const { bits, passed } = await flipEveryBit(vectorFiles(), await library());
  assert.ok(bits > 2000);
  assert.deepEqual(passed, []);
});

test('the harness tells when a bad vector is accepted', async () => {
  const files = vectorFiles();
  const lib = await library();
  files.documents.bad = [{ ...files.documents.good[0], refused: 'bad-signature' }];
  const { faults } = await holdVectors(files, lib);
  assert.deepEqual(faults, ['documents/release-order: accepted, not bad-signature']);
});
