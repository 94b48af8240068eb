// People at the counters of a port of real nodes: how they log in, and work with a case in the console.

import assert from 'node:assert/strict';

import { axe, watched } from './browser.js';

const PASSWORD = 'six crates of green apples';
/** What a browser says of answers that a test wants to see refused. */
export const REFUSED = /status of 4\d\d|ERR_INCOMPLETE/;

/** A screen whose person has followed the printed link. */
export async function sit(browser, port, id, name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', ...options });
  const page = await watched(context, REFUSED);
  await page.goto(await port.link(id));
  await page.waitForSelector('#again');
  await page.fill('#login', name.toLowerCase().replace(' ', '.'));
  await page.fill('#name', name);
  await page.fill('#password', PASSWORD);
  await page.fill('#again', PASSWORD);
  await page.click('#go');
  await page.waitForSelector('#search');
  return page;
}

/** Nothing is wrong with the page that is shown, and nothing went wrong unseen. */
export async function right(page) {
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(page.faults, []);
}

/** Goes to a box by the search, as somebody at a counter does. */
export async function find(page, box) {
  await page.keyboard.press('/');
  await page.waitForSelector('#search');
  await page.fill('#search', box);
  await page.press('#search', 'Enter');
  await page.waitForSelector('#timeline');
}

/** Fills in and signs an action of the case that is shown. */
export async function act(page, id, values = {}) {
  await page.click(`#act-${id}`);
  for (const [name, value] of Object.entries(values)) {
    const field = page.locator(`#action-${name}`);
    if (await field.evaluate((one) => one.tagName === 'SELECT')) await field.selectOption(value);
    else await field.fill(value);
  }
  await page.click('#sign');
}

export const done = (page) => page.waitForSelector('dialog', { state: 'detached' });
export const light = (page, name, tone) => page.waitForSelector(`[data-light="${name}"].${tone}`);
export const need = (page, code, state = 'attached') => page.waitForSelector(`[data-need="${code}"]`, { state });

/** Signs a COREOR file at the line: releases to `to` at `terminal`. */
export async function upload(page, file, to, terminal) {
  await page.click('#to-import');
  await page.setInputFiles('#file', file);
  await page.waitForSelector('#import-release_to');
  await page.selectOption('#import-release_to', to);
  await page.selectOption('#import-terminal', terminal);
  await page.getByText('5 documents will be signed').waitFor();
}
