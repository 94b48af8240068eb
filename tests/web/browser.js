// A real Chromium, and what every page in it is watched for.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { HERE } from './support.js';
import { START } from './world.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ARGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** @param {...string} more arguments */
export function launch(...more) {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...ARGS, ...more] });
}

/** A phone: narrow, with the vectors' day on its clock. */
export async function phone(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, locale: 'en-GB', ...options });
  await context.clock.install({ time: START });
  return watched(context);
}

/** A tablet at a lane, with the time of this machine, as the real nodes have. */
export async function tablet(browser, options = {}) {
  return watched(await browser.newContext({ viewport: { width: 1180, height: 820 }, locale: 'en-GB', ...options }));
}

/** What a browser says when a network was cut or somebody refused, which tests do on purpose. */
const ON_PURPOSE = /ERR_INTERNET_DISCONNECTED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_(REFUSED|RESET)|status of 40[13]/;

/**
 * A page of which `page.faults` gathers violations, errors, and what is asked of elsewhere.
 * @param {RegExp} [quiet] errors that the browser may print
 */
export async function watched(context, quiet = ON_PURPOSE) {
  const page = await context.newPage();
  page.faults = [];
  if (process.env.SLOW) {
    const debug = await context.newCDPSession(page);
    await debug.send('Emulation.setCPUThrottlingRate', { rate: Number(process.env.SLOW) });
  }
  await page.exposeFunction('tellViolation', (text) => page.faults.push(text));
  await page.addInitScript(() => addEventListener('securitypolicyviolation', (e) => tellViolation(`policy: ${e.violatedDirective} ${e.blockedURI}`)));
  page.on('pageerror', (error) => page.faults.push(`error: ${error.stack}`));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith('http') && page.url().startsWith('http') && origin !== new URL(page.url()).origin) page.faults.push(`foreign: ${request.url()}`);
  });
  page.on('console', (m) => m.type() === 'error' && !quiet.test(m.text()) && page.faults.push(`console: ${m.text()}`));
  return page;
}

/** What axe-core finds wrong. Run by the debugger's evaluate, which the page's policy does not bind. */
export async function axe(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} (${n.failureSummary?.split('\n')[1]?.trim()})`).join(', ')}`);
}

/** A screenshot as RGBA, read by the browser's own decoder. */
export async function pixels(page, png) {
  const data = await page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: image.width, height: image.height });
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    let text = '';
    for (let i = 0; i < data.length; i += 8192) text += String.fromCharCode(...data.subarray(i, i + 8192));
    return { width: image.width, height: image.height, data: btoa(text) };
  }, png.toString('base64'));
  return { ...data, data: new Uint8ClampedArray(Buffer.from(data.data, 'base64')) };
}

/** Where pictures of the screens go, when somebody wants to look: SHOTS=folder. */
export async function shot(page, name) {
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`), fullPage: !name.includes('pass') });
}

export const here = (file) => join(HERE, file);
