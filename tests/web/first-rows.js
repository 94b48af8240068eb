#!/usr/bin/env node
// How soon the first rows of a long list are there, in a real Chromium over TLS from a real node:
//
//     node first-rows.js [cases] [rounds]
//
// The list of no cases and of many are looked at in turns of one run each, for the ratio is what counts.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { launch } from './browser.js';

const [cases = 20_000, rounds = 9] = process.argv.slice(2).map(Number);
const BENCH = ['run', '--release', '--quiet', '-p', 'landside-bench', '--', 'open'];

/** A node with so many open cases, and a browser of somebody who is logged in there. */
async function desk(browser, count) {
  const node = spawn('cargo', BENCH, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: node.stdout })[Symbol.asyncIterator]();
  const { address, link } = JSON.parse((await lines.next()).value);
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB', viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const origin = `https://localhost:${address.split(':').at(-1)}`;
  const answer = await page.request.post(`${origin}/api/v1/session/link`, {
    headers: { 'X-Landside': '1' },
    data: { token: link.split('=').at(-1), password: 'a lorry full of tulips', login: 'admin', name: 'Ada Admin' },
  });
  if (!answer.ok()) throw new Error(`log-in: ${answer.status()}`);
  node.stdin.write(`${count}\n`);
  await lines.next();
  await page.goto(`${origin}/`);
  const there = count ? 'tr.case' : '.quiet-page';
  await page.waitForSelector(there);
  return {
    async look() {
      const began = performance.now();
      await page.reload({ waitUntil: 'commit' });
      await page.waitForSelector(there);
      return performance.now() - began;
    },
    end: () => node.stdin.end(),
  };
}

const middle = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
const browser = await launch();
const desks = [await desk(browser, 0), await desk(browser, cases)];
const times = [[], []];
for (let round = 0; round < rounds; round++) {
  for (const [i, one] of desks.entries()) times[i].push(await one.look());
}
const [empty, full] = times;
console.log(JSON.stringify({
  event: 'first-rows', cases, rounds,
  empty_ms: Math.round(middle(empty)), full_ms: Math.round(middle(full)),
  empty_min_ms: Math.round(Math.min(...empty)), full_min_ms: Math.round(Math.min(...full)),
  ratio: Number((middle(full) / middle(empty)).toFixed(2)),
}));
for (const one of desks) one.end();
await browser.close();
