import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { axe, launch, phone, shot } from './browser.js';
import { film } from './film.js';
import { Node } from './server.js';
import { invitation } from './world.js';

test('an invitation is read by the camera, under the strict policy', async () => {
  const node = await new Node().listen();
  const folder = mkdtempSync(join(tmpdir(), 'landside-camera-'));
  const file = join(folder, 'camera.y4m');
  writeFileSync(file, film(invitation(node.origin)));
  const browser = await launch('--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${file}`);
  try {
    const page = await phone(browser, { permissions: ['camera'] });
    await page.goto(`${node.origin}/driver/`);
    await page.click('#scan');
    await page.waitForSelector('#video');
    assert.deepEqual(await axe(page), []);
    await shot(page, 'camera');
    await page.waitForSelector('.quiet-page');
    assert.match(node.key, /^ed25519:/);
    assert.deepEqual(page.faults, []);
  } finally {
    await browser.close();
    node.close();
    rmSync(folder, { recursive: true });
  }
});

test('without a camera, or without leave, the driver is told and can paste', async () => {
  const node = await new Node().listen();
  const browser = await launch();
  try {
    const page = await phone(browser);
    await page.goto(`${node.origin}/driver/`);
    await page.click('#scan');
    await page.getByText('The camera cannot be used').waitFor();
    await page.waitForSelector('#invitation');
    assert.deepEqual(page.faults, []);
  } finally {
    await browser.close();
    node.close();
  }
});
