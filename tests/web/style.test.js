import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { ASSETS, walk } from './support.js';

const css = (name) => readFileSync(join(ASSETS, 'style', name), 'utf8');

/** Token values as [light, dark]. */
const tokens = Object.fromEntries(
  [...css('tokens.css').matchAll(/--([a-z-]+): (?:light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)|(#[0-9a-f]{6}));/g)].map(
    ([, name, light, dark, both]) => [name, [light ?? both, dark ?? both]],
  ),
);

/** WCAG 2.2, relative luminance. */
function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const TEXT = 4.5;
const EDGE = 3;
const PAIRS = [
  ...['paper', 'surface', 'raised', 'sunk', 'accent-tint', 'go-tint', 'stop-tint', 'wait-tint', 'passed-over-tint'].map((on) => ['ink', on, TEXT]),
  ...['paper', 'surface', 'raised', 'sunk', 'accent-tint'].map((on) => ['ink-soft', on, TEXT]),
  ...['paper', 'surface', 'raised', 'accent-tint'].map((on) => ['accent', on, TEXT]),
  ...['accent', 'accent-strong'].map((on) => ['on-accent', on, TEXT]),
  ...['go', 'stop', 'wait', 'passed-over'].flatMap((state) => ['surface', 'raised', `${state}-tint`].map((on) => [state, on, TEXT])),
  ...['go-solid', 'stop-solid', 'wait-solid'].map((on) => ['on-solid', on, TEXT]),
  ...['paper', 'surface', 'raised', 'sunk'].map((on) => ['edge', on, EDGE]),
  ['paper', 'ink', TEXT],
];

test('every pair of ink and ground has the contrast of WCAG 2.2 AA in both themes', () => {
  const faint = [];
  for (const [ink, ground, least] of PAIRS) {
    ['light', 'dark'].forEach((theme, i) => {
      const ratio = contrast(tokens[ink][i], tokens[ground][i]);
      if (ratio < least) faint.push(`${ink} on ${ground}, ${theme}: ${ratio.toFixed(2)}, needs ${least}`);
    });
  }
  assert.deepEqual(faint, []);
});

test('the measure of contrast is that of WCAG', () => {
  assert.equal(contrast('#000000', '#ffffff'), 21);
  assert.equal(contrast('#777777', '#ffffff').toFixed(2), '4.48');
});

test('colours stand in the tokens and nowhere else', () => {
  for (const file of walk(ASSETS).filter((f) => f.endsWith('.css') && !f.endsWith('tokens.css'))) {
    const screen = readFileSync(join(ASSETS, file), 'utf8').split('@media print')[0];
    assert.deepEqual(screen.match(/#[0-9a-f]{3,8}\b/gi) ?? [], [], file);
  }
});

test('every token that a rule uses is there', () => {
  const known = new Set([...css('tokens.css').matchAll(/--([a-z0-9-]+):/g)].map(([, name]) => name));
  for (const file of walk(ASSETS).filter((f) => f.endsWith('.css'))) {
    const text = readFileSync(join(ASSETS, file), 'utf8');
    const own = new Set([...text.matchAll(/--([a-z0-9-]+):/g)].map(([, name]) => name));
    for (const [, name] of text.matchAll(/var\(--([a-z0-9-]+)/g)) assert.ok(known.has(name) || own.has(name), `${file}: --${name}`);
  }
});

test('every icon that a screen names is there', () => {
  const known = new Set([...css('icons.svg').matchAll(/symbol id="([a-z]+)"/g)].map(([, id]) => id));
  const named = walk(ASSETS).filter((f) => /\.(js|html)$/.test(f) && !f.startsWith('vendor')).flatMap((file) =>
    [...readFileSync(join(ASSETS, file), 'utf8').matchAll(/icons\.svg#([a-z]+)|\bicon\('([a-z]+)'/g)].map(([, a, b]) => a ?? b));
  for (const id of named) assert.ok(known.has(id), id);
});
