import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { axe, launch, phone, shot } from './browser.js';
import { Node } from './server.js';
import { HERE } from './support.js';

let browser;
let node;
before(async () => {
  browser = await launch();
  node = await new Node().listen(HERE);
});
after(async () => {
  await browser.close();
  node.close();
});

async function gallery(options) {
  const page = await phone(browser, options);
  await page.goto(`${node.origin}/gallery.html`);
  return page;
}

test('every part has no fault that axe-core finds, in both themes and at every size', async () => {
  for (const [name, options] of Object.entries({
    'parts-light': { viewport: { width: 1280, height: 800 } },
    'parts-dark': { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
    'parts-narrow': { viewport: { width: 320, height: 568 } },
  })) {
    const page = await gallery(options);
    await shot(page, name);
    assert.deepEqual(await axe(page), [], name);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} is too wide`);
    await page.evaluate(() => document.getElementById('dialog').showModal());
    assert.deepEqual(await axe(page), [], `${name}, dialog`);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});

test('the switch goes before what the device prefers', async () => {
  const page = await gallery({ colorScheme: 'dark' });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await page.evaluate(() => { document.documentElement.dataset.theme = 'light'; });
  assert.notEqual(await ground(), dark);
  assert.equal(await ground(), 'rgb(243, 244, 241)');
  await page.context().close();
});

test('the gate and the cab read larger, and hit larger', async () => {
  const page = await gallery();
  const sizes = () => page.evaluate(() => {
    const button = document.querySelector('.button');
    return [parseFloat(getComputedStyle(button).fontSize), button.getBoundingClientRect().height];
  });
  const before = await sizes();
  await page.evaluate(() => { document.documentElement.dataset.view = 'large'; });
  const large = await sizes();
  assert.ok(before[1] >= 44 && large[0] > before[0] && large[1] > before[1], `${before} ${large}`);
  await page.context().close();
});

test('the focus is seen, and nothing moves for who does not want it', async () => {
  const page = await gallery({ reducedMotion: 'reduce' });
  await page.keyboard.press('Tab');
  const style = await page.evaluate(() => {
    const { outlineStyle, outlineWidth, transitionDuration } = getComputedStyle(document.activeElement);
    return { outlineStyle, outlineWidth, transitionDuration };
  });
  assert.deepEqual(style, { outlineStyle: 'solid', outlineWidth: '3px', transitionDuration: '0s' });
  await page.context().close();
});

test('on paper there is the case code and nothing else', async () => {
  const page = await gallery({ colorScheme: 'dark' });
  await page.emulateMedia({ media: 'print' });
  const seen = await page.evaluate(() => document.body.innerText.trim().split(/\s*\n\s*/));
  assert.deepEqual(seen, ['Case code', 'PGRD-J1GD-W']);
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('.case-code')).color), 'rgb(0, 0, 0)');
  await shot(page, 'paper');
  await page.context().close();
});
