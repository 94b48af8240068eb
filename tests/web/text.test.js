import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { ASSETS, ROOT, walk } from './support.js';
import * as format from '../../crates/landside-web/assets/lib/format.js';
import * as i18n from '../../crates/landside-web/assets/lib/i18n.js';
import { CUSTOMS_STATES, HOLD_TYPES, KINDS, LIGHTS, ROLES } from '../../crates/landside-web/assets/lib/kinds.js';

const read = (path) => readFileSync(join(ASSETS, path), 'utf8');
const texts = Object.fromEntries(i18n.LANGUAGES.map((l) => [l, JSON.parse(read(`text/${l}.json`))]));
const sources = walk(ASSETS).filter((f) => /\.(js|html)$/.test(f) && !f.startsWith('vendor'));
const protocol = readFileSync(join(ROOT, 'docs/PROTOCOL.md'), 'utf8');
const operating = readFileSync(join(ROOT, 'docs/OPERATING.md'), 'utf8');

/** The codes in the first or second column of the tables of a section. */
function codes(from, to, column) {
  const section = protocol.slice(protocol.indexOf(`\n${from}\n`), protocol.indexOf(`\n${to}\n`));
  return section.split('\n').filter((l) => l.startsWith('|')).flatMap((l) =>
    [...(l.split('|')[column] ?? '').matchAll(/`([a-z0-9-]+)`/g)].map(([, code]) => code));
}

/** The codes with which the console's door says no: the rows with an HTTP status. */
const ofTheDoor = operating.slice(operating.indexOf('\n### The JSON door\n'), operating.indexOf('\n#### Said to programs alone\n')).split('\n')
  .filter((line) => /^\| `[^|]*\| [45]\d\d/.test(line)).flatMap((line) => [...line.split('|')[1].matchAll(/`([a-z-]+)`/g)].map(([, code]) => code));

/** The codes with which a release file that is odd is noted, as the source spells them. */
const importers = readdirSync(join(ROOT, 'crates/landside-node/src/import')).map((file) => `crates/landside-node/src/import/${file}`);
const notes = ['crates/landside-edifact/src/syntax/finding.rs', 'crates/landside-node/src/import.rs', ...importers].flatMap((file) =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(/(?:^    [A-Z]\w+ = |\bcode: |"code": |\bskip\(\s*|Remarked::new\(\s*)"([a-z-]+)"/gm)].map(([, code]) => code));

/** Families of texts whose keys are codes of the protocol; the screens take them by code. */
const FAMILIES = {
  light: LIGHTS,
  'light-state': ['green', 'red', 'overridden'],
  need: codes('### Lights and needs', '### What the terminal owes', 2),
  gate: codes('### At the gate', '## 7 Refusal codes', 1),
  refusal: codes('## 7 Refusal codes', '## 8 Session', 1),
  kind: Object.keys(KINDS),
  role: ROLES,
  'hold-type': HOLD_TYPES,
  'customs-status': CUSTOMS_STATES,
  'release-state': ['active', 'blocked', 'ended', 'cancelled'],
  'release-action': ['replace', 'block', 'unblock', 'revoke', 'cancel'],
  charge: ['storage', 'demurrage', 'detention'],
  'clock-state': ['not-started', 'free', 'charged', 'stopped'],
  'slot-answer': ['granted', 'moved', 'refused'],
  haulage: ['merchant', 'carrier'],
  condition: ['sound', 'damaged'],
  verdict: ['admit', 'refuse'],
  outcome: ['accepted', 'duplicate', 'refused'],
  problem: [...ofTheDoor, 'unreachable', 'passkey-cancelled', 'pending-unknown', 'pending-form', 'pending-full', 'terminal-missing'],
  note: notes,
  'person-role': ['admin', 'clerk', 'gate', 'viewer'],
  'person-state': ['invited', 'active', 'closed'],
  'driver-state': ['invited', 'expired', 'enrolling', 'enrolled', 'replaced', 'closed'],
  'question-subject': ['question', 'complaint'],
  'share-state': ['good', 'expired', 'revoked', 'orphaned'],
  evidence: codes('### Verdicts', '### Findings', 1),
  finding: codes('### Findings', '### What a file does not show', 1),
  sealed: ['consignee', 'cargo', 'value', 'release_to_identity'],
};
/** General words that screens of other parts take too. */
const SHARED = ['ui', 'field'];

test('both languages have the same keys and the same placeholders', () => {
  const [en, zh] = i18n.LANGUAGES.map((l) => texts[l]);
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  const holes = (text) => [...text.matchAll(/\{[^}]*\}/g)].map(([hole]) => hole).sort();
  for (const key of Object.keys(en)) {
    assert.deepEqual(holes(zh[key]), holes(en[key]), key);
    assert.ok(holes(en[key]).every((hole) => /^\{[a-z]+\}$/.test(hole)), key);
  }
});

test('no text is empty, and Chinese is written in Chinese', () => {
  for (const [key, text] of Object.entries(texts['zh-CN'])) {
    assert.ok(text.trim() !== '' && texts.en[key].trim() !== '', key);
    if (text.replace(/\{[a-z]+\}|\p{P}/gu, '') !== '') assert.match(text, /\p{Script=Han}/u, key);
    assert.doesNotMatch(texts.en[key], /\p{Script=Han}/u, key);
  }
});

test('every code of the protocol has its text, and no text is of a code that is none', () => {
  for (const [family, members] of Object.entries(FAMILIES)) {
    assert.ok(members.length > 1, family);
    const keys = Object.keys(texts.en).filter((k) => k.startsWith(`${family}.`) && !k.endsWith('.do'));
    assert.deepEqual(keys.sort(), [...new Set(members)].map((m) => `${family}.${m}`).sort(), family);
  }
  for (const family of ['need', 'refusal']) {
    for (const code of FAMILIES[family]) assert.ok(texts.en[`${family}.${code}.do`], `${family}.${code}.do`);
  }
});

test('every key that a screen names is there, and every key of a screen is named', () => {
  const named = new Set();
  for (const file of sources) {
    const source = read(file);
    for (const [, key] of source.matchAll(/data-t(?:-label)?="([^"]+)"/g)) named.add(key);
    for (const [, key] of source.matchAll(/\bt\(\s*'([^']+)'/g)) named.add(key);
    for (const [, key] of source.matchAll(/\bplural\(\s*'([^']+)'/g)) named.add(`${key}.one`).add(`${key}.other`);
    // Keys that are chosen from a table are marked where the table is.
    for (const [, key] of source.matchAll(/\/\* t \*\/ '([^']+)'/g)) named.add(key);
  }
  for (const key of named) assert.ok(key in texts.en, `${key} has no text`);
  const families = [...Object.keys(FAMILIES), ...SHARED];
  const idle = Object.keys(texts.en).filter((k) => !named.has(k) && !families.includes(k.split('.')[0]));
  assert.deepEqual(idle, [], 'texts that no screen names');
  for (const family of [...sources.map(read).join('\n').matchAll(/(?<![.\w])word\('([^']+)'/g)].map(([, f]) => f)) {
    assert.ok(family in FAMILIES, family);
  }
});

test('no text for people stands in code', () => {
  for (const file of sources.filter((f) => /^(driver|gate|console|share)\//.test(f))) {
    const source = read(file);
    assert.doesNotMatch(source.replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, ''), /\p{Script=Han}/u, file);
    for (const [, text] of source.matchAll(/textContent = ['"`]([^'"`]*)/g)) assert.doesNotMatch(text, /[A-Za-z]{3}/, file);
    if (file.endsWith('.html')) {
      for (const [, text] of source.replace(/<(script|style|title)[\s\S]*?<\/\1>/g, '').matchAll(/>([^<]+)</g)) {
        assert.doesNotMatch(text, /[A-Za-z]{2}/, `${file}: ${text.trim()}`);
      }
    }
  }
});

test('texts are filled in, and an unknown code is shown as it is', () => {
  i18n.use('en', texts.en);
  assert.equal(i18n.t('ui.owed-by', { who: 'Customs' }), 'Owed by Customs');
  assert.equal(i18n.word('need', 'customs-silent'), texts.en['need.customs-silent']);
  assert.equal(i18n.word('need', 'of-next-year'), 'of-next-year');
  assert.equal(i18n.plural('driver.needs.count', 1), '1 thing missing');
  i18n.use('zh-CN', texts['zh-CN']);
  assert.equal(i18n.plural('driver.needs.count', 1), '还缺 1 项');
  assert.equal(i18n.pick(null, ['sw', 'zh-TW', 'en']), 'zh-CN');
  assert.equal(i18n.pick('en', ['zh-CN']), 'en');
  assert.equal(i18n.pick(null, ['sw']), 'en');
});

test('numbers are grouped as painted, times are the port\'s', () => {
  assert.equal(format.container('CSQU3054383'), 'CSQU 305438 3');
  assert.equal(format.container('not one'), 'not one');
  assert.equal(format.caseCode('pgrdj1gdw'), 'PGRD-J1GD-W');
  const place = { language: 'en', zone: 'Asia/Shanghai', now: Date.parse('2026-11-23T20:00:00Z') };
  assert.equal(format.time('2026-11-23T16:30:00Z', place), '00:30', 'today in the port, though yesterday in UTC');
  assert.match(format.time('2026-11-23T15:30:00Z', place), /Nov 23.*23:30/);
  assert.match(format.time('2027-01-02T00:00:00Z', place), /2027/);
  assert.equal(format.window({ from: '2026-11-24T02:00:00Z', until: '2026-11-24T04:00:00Z' }, place), '10:00 – 12:00');
  assert.equal(format.span(2 * 3600e3 + 5 * 60e3, 'en'), '2 hr 5 min');
  assert.equal(format.span(59_999, 'en'), '59 sec');
  assert.equal(format.span(0, 'zh-CN'), '0秒');
  assert.equal(format.age(0, 5 * 60e3, 'zh-CN'), '5分钟前');
  assert.equal(format.countdown(249_000, 0), '4:09');
  assert.equal(format.countdown(0, 5), '0:00');
  assert.equal(format.countdown(3_849_000, 0), '1:04:09');
});
