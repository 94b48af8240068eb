// The console on real nodes: a line, customs, a terminal, a forwarder and a haulier, as five people at five desks.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { launch, shot, watched } from './browser.js';
import * as counter from './counter.js';
import { REFUSED, act, done, light, need, right } from './counter.js';
import { Port } from './port.js';
import { ROOT } from './support.js';

const COREOR = join(ROOT, 'fixtures/edifact/coreor-demo.edi');
const BOX = 'NSLU1000014';
const SHOWN = 'NSLU 100001 4';
const PASSWORD = 'six crates of green apples';
const PEOPLE = { line: 'Wang Wei', customs: 'Li Na', terminal: 'Ole Hansen', forwarder: 'Mia Berg', haulier: 'Juma Ally' };

let browser;
let port;
const desks = {};

before(async () => {
  browser = await launch();
  port = await Port.open({
    line: ['line', 'Northern Sparrow Line'], customs: ['customs', 'Port Customs'], terminal: ['terminal', 'Lower Stream Terminal'],
    forwarder: ['forwarder', 'Brandt Forwarding'], haulier: ['haulier', 'Polder Trucking'],
  }, ['zone = "UTC"', 'zone = "Asia/Shanghai"']);
});
after(async () => {
  await browser?.close();
  await port?.close();
});

async function sit(id, options) {
  desks[id] = await counter.sit(browser, port, id, PEOPLE[id], options);
  return desks[id];
}

const find = (page) => counter.find(page, BOX);

test('a line signs a COREOR file after it has seen what it says, and the list fills by itself', async () => {
  const page = await sit('line');
  await page.getByText('Nothing to do').waitFor();
  const other = await desks.line.context().newPage();
  await other.goto(port.consoles.line);
  await other.getByText('Nothing to do').waitFor();
  await counter.upload(page, COREOR, 'forwarder', 'terminal');
  assert.match(await page.textContent('table'), /NSLU 100001 4B\/L NSLB7712001 is released to Brandt Forwarding/);
  await right(page);
  await shot(page, 'nodes-import');
  await page.click('#sign-file');
  await page.getByText('5 signed, 0 wait for a second person').waitFor();
  await right(page);
  await other.waitForFunction(() => document.querySelectorAll('tr.case').length === 5);
  await other.close();
});

test('customs clears a box that it has no case of, and sees the case at once', async () => {
  const page = await sit('customs');
  await page.click('#new-clear');
  await page.fill('#action-container', SHOWN.toLowerCase());
  await page.fill('#action-consignment', 'NSLB7712001');
  assert.match(await page.textContent('.statement'), /Port Customs says:.*Customs status of B\/L NSLB7712001: Released.*Li Na/);
  await right(page);
  await page.click('#sign');
  await done(page);
  await page.waitForSelector('tr.case');
  await find(page);
  await light(page, 'customs', 'go');
  await light(page, 'commercial', 'go');
  await shot(page, 'nodes-customs');
  assert.match(await page.textContent('.timeline'), /Port Customs · Li Na/);
  assert.doesNotMatch(await page.textContent('.timeline'), /Wang Wei/, 'persons of others are nobody\'s business');
  await right(page);
});

test('a forwarder passes the right on, in Chinese, on a phone', async () => {
  const page = await sit('forwarder', { viewport: { width: 360, height: 740 }, locale: 'zh-CN' });
  await page.waitForSelector('tr.case');
  await shot(page, 'nodes-phone-list');
  await find(page);
  await page.getByText('待办清单').waitFor();
  await act(page, 'pass', { to: 'haulier' });
  await done(page);
  await page.getByText('Brandt Forwarding → Polder Trucking').waitFor();
  assert.match(await page.textContent('.timeline'), /提箱权转交给Polder Trucking/);
  await right(page);
  await shot(page, 'nodes-phone-case');
});

test('a line blocks and unblocks, and others see it without a reload', async () => {
  const { line, forwarder } = desks;
  await find(line);
  await act(line, 'block', { reason: 'freight not paid' });
  await done(line);
  await need(line, 'release-blocked');
  await light(line, 'commercial', 'stop');
  await need(forwarder, 'release-blocked');
  assert.match(await line.textContent('.timeline'), /is blocked: freight not paid.*Northern Sparrow Line · Wang Wei/);
  await act(line, 'unblock');
  await done(line);
  await need(line, 'release-blocked', 'detached');
  await need(forwarder, 'release-blocked', 'detached');
  await right(line);
});

test('a line asks customs, whose list calls it work, and reads the answer without a reload', async () => {
  const { line, customs } = desks;
  await find(line);
  await line.click('#act-ask');
  await line.selectOption('#action-to', 'customs');
  await line.fill('#action-text', 'is the scan done? <b>');
  await line.click('#sign');
  await done(line);
  await line.locator('[data-question][data-state="open"]').waitFor();
  await customs.click('#to-worklist');
  await customs.locator('tr.case.mine .asked').waitFor();
  await find(customs);
  await customs.getByText('is the scan done? <b>', { exact: true }).waitFor();
  await right(customs);
  await customs.locator('[data-question] button').click();
  await customs.fill('#action-text', 'yes, all clear');
  await customs.click('#sign');
  await done(customs);
  await line.locator('[data-question][data-state="answered"]').waitFor();
  await line.getByText('yes, all clear', { exact: true }).waitFor();
  assert.equal(await line.locator('[data-question] button').count(), 0);
  await right(line);
  await shot(line, 'nodes-question');
});

test('a line gives a release another depot, and the forwarder sees it at once', async () => {
  const { line, forwarder } = desks;
  await find(forwarder);
  await find(line);
  await line.click('#act-replace');
  await line.locator('#no-change').waitFor();
  await line.fill('#action-depot', 'CNSHA DEPOT 7');
  await line.locator('.changes', { hasText: '→ CNSHA DEPOT 7' }).waitFor();
  await line.click('#sign');
  await done(line);
  await forwarder.getByText('CNSHA DEPOT 7').first().waitFor();
  await line.locator('.facts', { hasText: 'CNSHA DEPOT 7' }).first().waitFor();
  await right(line);
});

test('what the rules refuse is said in words with what to do, and leaves the form as it was', async () => {
  const { line } = desks;
  await line.keyboard.press('Escape');
  await line.waitForSelector('#new-release');
  await line.click('#new-release');
  await line.fill('#action-container', BOX);
  await line.fill('#action-bill', 'NSLB9999999');
  await line.selectOption('#action-release_to', 'haulier');
  await line.click('#sign');
  await line.locator('[data-code="double-release"]').waitFor();
  assert.match(await line.textContent('.refusal'), /released/i);
  assert.equal(await line.inputValue('#action-bill'), 'NSLB9999999');
  await right(line);
  await line.click('#cancel');
});

test('a terminal says that the box is there, holds it, and overrides its own hold with a reason', async () => {
  const page = await sit('terminal');
  await find(page);
  await act(page, 'arrival', { position: 'B12' });
  await done(page);
  await light(page, 'terminal', 'go');
  await act(page, 'hold', { hold_type: 'terminal-storage', reason: 'two days over' });
  await done(page);
  await light(page, 'terminal', 'stop');
  await act(page, 'override', { light: 'terminal', reason: 'paid at the counter' });
  await done(page);
  await light(page, 'terminal', 'passed-over');
  assert.match(await page.textContent('.timeline'), /Ole Hansen passes over the light .Terminal. until .*: paid at the counter/);
  await act(page, 'override-end', { reason: 'the line objects' });
  await done(page);
  await light(page, 'terminal', 'stop');
  await act(page, 'lift', { reason: 'paid' });
  await done(page);
  await light(page, 'terminal', 'go');
  await right(page);
  await shot(page, 'nodes-case');
});

test('a haulier books a slot and sees its own part of the case', async () => {
  const page = await sit('haulier');
  await page.waitForSelector('tr.case');
  await find(page);
  await page.getByText('Your party gets its own part').waitFor();
  await act(page, 'slot');
  await done(page);
  await page.locator('[data-kind="slot"]').waitFor();
  await act(page, 'bind', { driver: `ed25519:${'1'.repeat(64)}`, plate: 't 417 klm' });
  await page.locator('.refusal').waitFor();
  assert.match(await page.textContent('.refusal'), /no credential/i);
  await right(page);
  await page.click('#cancel');
});

test('a stranger follows the case by a link, live, until it is taken back', async () => {
  const { line, customs } = desks;
  await find(line);
  await line.click('#share');
  await line.fill('#share-label', 'the importer <b>');
  await line.click('#make-share');
  await line.locator('#link').waitFor();
  const link = await line.inputValue('#link');
  const token = link.split('#')[1];
  assert.ok(token.length >= 43, 'at least 256 bits');
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, locale: 'zh-CN' });
  const page = await context.newPage();
  const sent = [];
  page.on('request', (request) => sent.push(`${request.method()} ${request.url()} ${JSON.stringify(request.headers())}`));
  await page.goto(link);
  await page.waitForSelector('#timeline');
  const text = await page.textContent('body');
  for (const hidden of ['NSLB7712001', 'Wang Wei', 'Juma', 'T-417-KLM', 'the importer']) assert.ok(!text.includes(hidden), `${hidden} in ${text}`);
  for (const shown of [SHOWN, 'Lower Stream Terminal', 'Port Customs']) assert.ok(text.includes(shown), `${shown} in ${text}`);
  assert.deepEqual(sent.filter((one) => one.split(' {')[0].includes(token) || /"cookie"/.test(one)), [], 'no address and no field has the token');
  await find(customs);
  await act(customs, 'detain');
  await done(customs);
  await page.locator('[data-light="customs"].stop').waitFor();
  await act(customs, 'clear');
  await done(customs);
  await page.locator('[data-light="customs"].go').waitFor();
  await shot(page, 'nodes-share');
  await line.locator('[data-state="good"] button').click();
  await page.locator('[data-code="share-link-unknown"]').waitFor();
  await line.click('#close');
  assert.match(port.logs.get('line'), /share link made/);
  assert.doesNotMatch(port.logs.get('line'), new RegExp(token));
  await context.close();
});

test('the evidence file of the case is taken to another desk and judged there', async () => {
  const { terminal, customs } = desks;
  const [download] = await Promise.all([terminal.waitForEvent('download'), terminal.click('#export')]);
  assert.match(download.suggestedFilename(), /\.landside$/);
  const file = await download.path();
  await customs.click('#to-verify');
  await customs.setInputFiles('#file', file);
  await customs.waitForSelector('#verdict');
  assert.notEqual(await customs.getAttribute('#verdict', 'data-verdict'), 'broken');
  assert.match(await customs.textContent('.report'), /Ole Hansen passes over the light/);
  await right(customs);
  await shot(customs, 'nodes-evidence');
  const { readFileSync, writeFileSync } = await import('node:fs');
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(`${file}.changed`, bytes);
  await customs.setInputFiles('#file', `${file}.changed`);
  await customs.waitForSelector('[data-verdict="broken"]');
  await customs.locator('[data-finding="file-digest"]').waitFor();
  await right(customs);
});

test('an administrator adds a viewer, who may look and sign nothing', async () => {
  const { line } = desks;
  await line.click('#to-people');
  await line.click('#add-person');
  await line.fill('dialog #login', 'zoe');
  await line.fill('dialog #name', 'Zoe Lind');
  await line.selectOption('dialog #role', 'viewer');
  await line.click('dialog #go');
  const link = await line.inputValue('#link');
  await line.click('#close');
  const page = await watched(await browser.newContext({ locale: 'en-GB' }), REFUSED);
  await page.goto(link);
  await page.waitForSelector('#again');
  await page.fill('#password', PASSWORD);
  await page.fill('#again', PASSWORD);
  await page.click('#go');
  await page.waitForSelector('tr.case');
  assert.equal(await page.locator('#new-release, #to-people, #to-import, #pick-all:visible').count(), 0);
  await find(page);
  assert.equal(await page.locator('.acts').count(), 0);
  await page.goto(link);
  await page.getByText('The link was used').waitFor();
});
