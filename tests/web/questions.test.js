// Questions and complaints on a case, and other terms for a release: lists, forms, and what goes out.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { axe, launch, shot, tablet } from './browser.js';
import { Desk, caseOf, codeOf, lines } from './desk.js';

const { facts } = await import('../../crates/landside-web/assets/console/state.js');
const { standing } = await import('../../crates/landside-web/assets/console/questions.js');

const HOUR = 3600_000;
const NARROW = { viewport: { width: 360, height: 740 } };
const WIDE = { viewport: { width: 1440, height: 900 } };
const EVIL = '<img src=x onerror="tellViolation(1)"><script>tellViolation(2)</script>';
const iso = (at) => new Date(at).toISOString();

let browser;
const nodes = new Set();
before(async () => { browser = await launch(); });
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  for (const node of nodes) node.close();
  nodes.clear();
});
after(() => browser.close());

const question = (n, change = {}) => ({
  id: String(n).repeat(64), subject: 'question', asked_by: 'line', to: 'customs', text: `text ${n}`, asked_at: iso(Date.now() - 9 * HOUR), answer_by: iso(Date.now() + 5 * HOUR), overdue: false, ...change,
});
const ASKED = () => [
  question(1),
  question(2, { subject: 'complaint', asked_by: 'forwarder', to: 'line', text: EVIL, answer_by: iso(Date.now() - 65 * 60_000), overdue: true }),
  question(3, { answer: { id: 'a'.repeat(64), at: iso(Date.now() - 8 * HOUR), text: EVIL } }),
  question(4, { answer_by: iso(Date.now() - 8 * HOUR), overdue: true, answer: { id: 'b'.repeat(64), at: iso(Date.now() - HOUR), text: 'sorry' } }),
];

/** A desk at a case, changed as a test wants it. */
async function at(change, { session, options = WIDE } = {}) {
  const node = await new Desk(session).listen();
  nodes.add(node);
  node.cases = lines(40, node.now, node.session.party);
  node.detail = (line) => {
    const whole = caseOf(line);
    return { ...whole, ...change(whole) };
  };
  const page = await tablet(browser, { timezoneId: 'Africa/Dar_es_Salaam', ...options });
  await page.goto(`${node.origin}/#/case/${codeOf(3)}`);
  await page.waitForSelector('#timeline');
  return { node, page };
}

const right = async (page) => {
  assert.deepEqual(await axe(page), []);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page is too wide');
  assert.deepEqual(page.faults.filter((fault) => !/status of 4\d\d/.test(fault)), []);
};
const signed = (node) => node.asked.filter(({ asked }) => asked === 'POST documents').map(({ json }) => json);
const gone = (page) => page.waitForSelector('dialog', { state: 'detached' });

test('each question says who asks whom, until when, and how it stands; what others wrote is text', async () => {
  const { page } = await at(() => ({ questions: ASKED() }));
  const row = (n) => page.locator(`[data-question="${String(n).repeat(64)}"]`);
  assert.match(await row(1).textContent(), /Question.*left.*text 1.*From us to Port Customs/);
  assert.match(await row(2).textContent(), /Complaint.*overdue by 1 hr.*From Brandt Forwarding to us/);
  assert.match(await row(3).textContent(), /answered in time.*Port Customs, /);
  assert.match(await row(4).textContent(), /answered late.*sorry/);
  assert.deepEqual(await page.locator('[data-question]').evaluateAll((all) => all.map((one) => one.dataset.state)), ['open', 'overdue', 'answered', 'late']);
  assert.ok((await row(2).textContent()).includes(EVIL) && (await row(3).textContent()).includes(EVIL));
  assert.equal(await page.locator('main img, main script').count(), 0);
  assert.deepEqual(await page.locator('[data-question] button').evaluateAll((all) => all.map((one) => one.closest('li').dataset.question[0])), ['2'], 'only the party asked answers, once');
  await right(page);
  await shot(page, 'questions');
});

test('the moment that an answer is due is in time', () => {
  const now = Date.now();
  const due = question(1, { answer_by: iso(now) });
  assert.equal(standing(due, now), 'open');
  assert.equal(standing(due, now + 1), 'overdue');
  assert.equal(standing({ ...due, answer: { at: iso(now) } }, now + HOUR), 'answered');
  assert.equal(standing({ ...due, answer: { at: iso(now + 1) } }, now + HOUR), 'late');
});

test('a question is asked of who takes part, or of customs, and said before it is signed', async () => {
  const { node, page } = await at((c) => ({ questions: [], timeline: c.timeline.filter((step) => step.issuer !== 'haulier') }));
  node.parties.push({ id: 'stranger', name: 'Somebody Else', roles: ['forwarder'] });
  await page.reload();
  await page.click('#act-ask');
  await page.locator('#action-to').waitFor();
  const offered = await page.locator('#action-to option').evaluateAll((all) => all.map((one) => one.value));
  assert.deepEqual(offered.sort(), ['', 'customs', 'forwarder', 'haulier', 'terminal']);
  await page.selectOption('#action-subject', 'complaint');
  await page.click('#sign');
  await page.locator('#action-to-fault', { hasText: /\S/ }).waitFor();
  await page.selectOption('#action-to', 'terminal');
  await page.fill('#action-text', 'ö'.repeat(101));
  await page.click('#sign');
  await page.locator('#action-text-fault', { hasText: '1 to 200 bytes' }).waitFor();
  assert.deepEqual(signed(node), []);
  await page.fill('#action-text', EVIL);
  assert.ok((await page.textContent('.statement')).includes(`Complaint to Lower Stream Terminal: ${EVIL}`));
  await right(page);
  await shot(page, 'question-ask');
  await page.click('#sign');
  await gone(page);
  assert.deepEqual(signed(node), [{ kind: 'question', fields: { case: codeOf(3), subject: 'complaint', to: 'terminal', text: EVIL } }]);
  await page.click('#act-ask');
  await page.selectOption('#action-to', 'customs');
  await page.fill('#action-text', 'when?');
  await page.fill('#action-answer_by', '2026-11-30T08:30');
  node.answers.set('POST documents', [409, { code: 'answer-time', detail: 'due at …, which is past' }]);
  await page.click('#sign');
  await page.locator('[data-code="answer-time"]').waitFor();
  assert.equal(await page.inputValue('#action-text'), 'when?', 'what was typed stays');
  assert.equal(signed(node)[1].fields.answer_by, '2026-11-30T00:30:00.000Z', 'in the zone of the port');
});

test('the party asked answers that one question, on a phone, in Chinese', async () => {
  const { node, page } = await at(() => ({ questions: ASKED() }), { session: { language: 'zh' }, options: { ...NARROW, locale: 'zh-CN', colorScheme: 'dark' } });
  await page.getByText('询问与投诉').waitFor();
  await right(page);
  await shot(page, 'questions-zh');
  await page.click('#act-answer-22222222');
  await page.fill('#action-text', '今天放行');
  assert.match(await page.textContent('.statement'), /答复：今天放行/);
  await right(page);
  await page.click('#sign');
  await gone(page);
  assert.deepEqual(signed(node), [{ kind: 'answer', fields: { case: codeOf(3), builds_on: '2'.repeat(64), text: '今天放行' } }]);
});

test('who only looks asks and answers nothing, and damage is asked about after the gate-out', async () => {
  const viewer = await at(() => ({ questions: ASKED() }), { session: { role: 'viewer', may: [] } });
  assert.equal(await viewer.page.locator('#act-ask, [data-question] button').count(), 0);
  await right(viewer.page);
  const { page } = await at(() => ({ state: 'closed', questions: [], gate_out: { id: 'c'.repeat(64), left_at: iso(Date.now()) } }));
  assert.equal(await page.locator('.acts').count(), 0);
  await page.click('#act-ask');
  await page.locator('#action-text').waitFor();
});

test('a question for this party is work: the worklist says so', async () => {
  const node = await new Desk().listen();
  nodes.add(node);
  node.cases = lines(10, node.now, 'line').map((line, i) => ({ ...line, questions: 2, questions_for_me: i === 0 ? 2 : 0, waits_for_me: i === 0 || line.waits_for_me }));
  const page = await tablet(browser, WIDE);
  await page.goto(node.origin);
  await page.locator('tr.case .asked').waitFor();
  assert.equal(await page.locator('.asked').count(), 1);
  assert.match(await page.locator('tr.case').first().textContent(), /2 questions for us/);
  await right(page);
  await shot(page, 'questions-worklist');
});

test('what a need is about is said in the language of who looks, and what an odd file is noted for', async () => {
  const needs = [
    { code: 'hold', detail: 'freight hold: unpaid', owed_by: 'line', light: 'commercial', hold_type: 'freight', reason: 'unpaid' },
    { code: 'customs-silent', detail: 'bill B-7: customs has not spoken', owed_by: 'customs', light: 'customs', bill: 'B-7' },
    { code: 'not-arrived', detail: 'announced, not discharged', owed_by: 'terminal', light: 'terminal' },
    { code: 'of-next-year', detail: 'something new', owed_by: 'terminal' },
  ];
  const { node, page } = await at(() => ({ needs }), { session: { language: 'zh' }, options: { ...WIDE, locale: 'zh-CN' } });
  const text = (code) => page.locator(`[data-need="${code}"] p`).textContent();
  assert.match(await text('hold'), /运费未付.*unpaid/);
  assert.match(await text('customs-silent'), /提单 B-7/);
  for (const [code, words] of [['customs-silent', 'has not spoken'], ['not-arrived', 'announced']]) assert.ok(!(await text(code)).includes(words), code);
  assert.match(await text('of-next-year'), /something new/, 'better in English than not at all');
  await right(page);
  node.answers.set('POST import', [200, { preview: [], notes: [{ event: 'note', code: 'terminal-unknown', text: 'terminal X is not in the directory', container: 'MSKU0000030' }], issued: [], pending: [], imported: {} }]);
  await page.click('#to-import');
  await page.setInputFiles('#file', { name: 'a.edi', mimeType: 'text/plain', buffer: Buffer.from('UNB') });
  await page.locator('[data-note="terminal-unknown"]', { hasText: '码头未知' }).waitFor();
  assert.match(await page.textContent('[data-note]'), /terminal X is not in the directory/);
  await right(page);
});

test('who comes back from a case finds the list as it is now, and it goes on by itself', async () => {
  const node = await new Desk().listen();
  nodes.add(node);
  node.cases = lines(10, node.now, 'line');
  const page = await tablet(browser, WIDE);
  await page.goto(node.origin);
  const row = page.locator(`tr.case[data-code="${codeOf(3)}"]`);
  await row.locator('a').click();
  await page.waitForSelector('#timeline');
  node.change(codeOf(3), { questions_for_me: 1 });
  await page.click('#to-worklist');
  await row.locator('.asked').waitFor();
  node.change(codeOf(3), { questions_for_me: 0 });
  await row.locator('.asked').waitFor({ state: 'detached' });
  assert.deepEqual(page.faults, []);
});

test('a choice that is changed while a file is read is the one that is shown, and signed', async () => {
  const node = await new Desk().listen();
  nodes.add(node);
  const held = [];
  const page = await tablet(browser, WIDE);
  await page.route('**/api/v1/import?*', (route) => held.push(route));
  const answer = async () => {
    await page.waitForFunction(() => document.querySelector('main [role=status]'));
    while (held.length === 0) await new Promise((resolve) => { setTimeout(resolve, 20); });
    const route = held.shift();
    const to = new URL(route.request().url()).searchParams.get('release_to') ?? 'nobody';
    const payload = { visit: {}, bill: `B-${to}`, terms: { release_to: to, valid_until: iso(Date.now() + HOUR), haulage: 'merchant' } };
    await route.fulfill({ json: { preview: [{ event: 'preview', kind: 'release-order', container: 'MSKU0000030', payload, words: 'x' }], notes: [], issued: [], pending: [], imported: {} } });
  };
  await page.goto(`${node.origin}/#/import`);
  await page.setInputFiles('#file', { name: 'a.edi', mimeType: 'text/plain', buffer: Buffer.from('UNB') });
  await page.locator('#import-release_to').waitFor();
  await page.selectOption('#import-release_to', 'forwarder');
  await answer();
  await answer();
  await page.getByText('B/L B-forwarder is released to Brandt Forwarding').waitFor();
  assert.equal(held.length, 0);
});

test('other terms begin with the old ones, say what changes, and are built on what was shown', async () => {
  const { node, page } = await at((c) => ({ timeline: c.timeline.map((step) => (step.kind === 'release-order' ? { ...step, payload: { ...step.payload, terms: { ...step.payload.terms, valid_until: '2026-11-29T06:07:08.123Z', reference: 'REL-1' } } } : step)) }));
  await page.click('#act-replace');
  await page.locator('#action-release_to').waitFor();
  const values = await page.locator('dialog [name]').evaluateAll((all) => Object.fromEntries(all.map((one) => [one.name, one.value])));
  assert.deepEqual(values, { release_to: 'forwarder', valid_from: '', valid_until: '2026-11-29T14:07', haulage: 'merchant', number: 'REL-1', depot: 'TZDAR DEPOT 4', reference: '', reason: '' });
  await page.locator('#no-change').waitFor();
  await page.click('#sign');
  await page.fill('#action-reason', 'a reason alone changes nothing');
  await page.click('#sign');
  await page.locator('#no-change').waitFor();
  assert.deepEqual(signed(node), []);
  await page.fill('#action-depot', 'TZDAR DEPOT 9');
  await page.fill('#action-reference', 'GATE 2');
  await page.locator('.changes li').nth(1).waitFor();
  assert.deepEqual(await page.locator('.changes li').allTextContents(), ['Empty return depot TZDAR DEPOT 4 → TZDAR DEPOT 9', 'Depot reference None → GATE 2']);
  assert.equal(await page.locator('.statement .note').count(), 0);
  await page.selectOption('#action-release_to', 'haulier');
  await page.locator('.statement .note').waitFor();
  assert.match(await page.textContent('.statement'), /Release to Brandt Forwarding → Polder Trucking.*whoever holds the right now loses it/s);
  await right(page);
  await shot(page, 'replace');
  await page.click('#sign');
  await gone(page);
  assert.deepEqual(signed(node), [{ kind: 'release-change', fields: {
    case: codeOf(3), builds_on: '1'.repeat(64), bill: 'MEDU100002', action: 'replace', reason: 'a reason alone changes nothing',
    terms: { release_to: 'haulier', valid_until: '2026-11-29T06:07:08.123Z', haulage: 'merchant', reference: 'REL-1', empty_return: { depot: 'TZDAR DEPOT 9', reference: 'GATE 2' } },
  } }], 'a time that nobody touched stays to the millisecond');
});

test('who changed the release meanwhile is not written over, and another bill brings its own terms', async () => {
  const second = { place: 9, log: 19, at: '2026-11-23T06:00:00.000Z', kind: 'release-order', id: '9'.repeat(64), issuer: 'line', words: 'releases', payload: { visit: {}, bill: 'MEDU999', terms: { release_to: 'haulier', valid_until: '2026-12-24T00:00:00.000Z', haulage: 'carrier' } } };
  const { node, page } = await at((c) => ({ timeline: [...c.timeline, second] }), { options: NARROW });
  await page.click('#act-replace');
  await page.selectOption('#action-bill', 'MEDU999');
  await page.waitForFunction(() => /** @type {any} */ (document.getElementById('action-haulage')).value === 'carrier');
  assert.deepEqual(await page.locator('dialog [name]').evaluateAll((all) => all.map((one) => one.value)), ['MEDU999', 'haulier', '', '2026-12-24T08:00', 'carrier', '', '', '', '']);
  await page.locator('#no-change').waitFor();
  await page.fill('#action-valid_until', '2026-12-25T08:00');
  await right(page);
  node.answers.set('POST documents', [409, { code: 'head-moved', detail: 'another change came first' }]);
  await page.click('#sign');
  await page.locator('[data-code="head-moved"]').waitFor();
  assert.deepEqual(signed(node)[0].fields, { case: codeOf(3), builds_on: '9'.repeat(64), bill: 'MEDU999', action: 'replace', terms: { release_to: 'haulier', valid_until: '2026-12-25T00:00:00.000Z', haulage: 'carrier' } });
  await page.fill('#action-valid_until', '');
  await page.click('#sign');
  await page.locator('#action-valid_until-fault', { hasText: /\S/ }).waitFor();
  assert.equal(signed(node).length, 1);
});

test('a blocked release with other terms is blocked on', () => {
  const step = (id, kind, payload) => ({ id, kind, issuer: 'line', payload });
  const { releases } = facts({ timeline: [
    step('1', 'release-order', { bill: 'B', terms: { depot: 1 } }), step('2', 'release-change', { bill: 'B', action: 'block' }),
    step('3', 'release-change', { bill: 'B', action: 'replace', terms: { depot: 2 } }),
  ] });
  assert.deepEqual(releases, [{ bill: 'B', state: 'blocked', line: 'line', terms: { depot: 2 }, head: '3' }]);
});
