import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { axe, launch, shot, watched } from './browser.js';
import { Desk, caseOf, codeOf, lines } from './desk.js';

let browser;
before(async () => {
  browser = await launch();
});
const nodes = new Set();
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  for (const node of nodes) node.close();
  nodes.clear();
});
after(() => browser.close());

const HOUR_MS = 3600_000;
const boxes = lines(4, 0).map((line) => line.container);

const WIDE = { viewport: { width: 1440, height: 900 } };
const NARROW = { viewport: { width: 360, height: 740 } };

/** A page that is watched: violations of its policy, errors, and requests to anybody else. */
async function screen(options = WIDE) {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Africa/Dar_es_Salaam', ...options });
  return watched(context, /ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE)|status of 4\d\d/);
}

async function desk(session) {
  const node = await new Desk(session).listen();
  nodes.add(node);
  return node;
}

async function open(node, options, path = '/') {
  const page = await screen(options);
  await page.goto(`${node.origin}${path}`);
  return page;
}

/** A node with some cases, and its worklist on a screen. */
async function withCases(count = 40, { session, options, path } = {}) {
  const node = await desk(session);
  node.cases = lines(count, node.now, node.session.party);
  const page = await open(node, options, path);
  await page.waitForSelector(path?.includes('case') ? '#timeline' : 'tr.case');
  return { node, page };
}

const right = async (page) => {
  assert.deepEqual(await axe(page), []);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page is too wide');
  assert.deepEqual(page.faults, []);
};
const codes = (page) => page.locator('tr.case').evaluateAll((rows) => rows.map((row) => row.dataset.code));

test('whoever is not known is asked, in the language chosen before, and told what was wrong', async () => {
  const node = await desk();
  node.isLoggedIn = false;
  const page = await open(node);
  await page.waitForSelector('#login');
  await page.waitForFunction(() => document.activeElement.id === 'login');
  await right(page);
  await shot(page, 'console-login');
  await page.click('#language-zh-CN');
  await page.getByText('登录名').waitFor();
  await page.fill('#login', 'wang.wei');
  await page.fill('#password', 'not this one');
  await page.click('#go');
  await page.locator('[data-code="login-wrong"]').waitFor();
  assert.match(await page.textContent('.refusal'), /登录名或密码错误/);
  assert.equal(await page.inputValue('#login'), 'wang.wei');
  await right(page);
  await page.fill('#password', 'a long enough one');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#search');
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
  assert.equal(node.session.language, 'zh', 'the choice before the log-in counts');
  await right(page);
});

test('a link leads to a password, leaves no trace in the address, and a used one says so', async () => {
  const node = await desk();
  node.isLoggedIn = false;
  node.answers.set('POST session/link/look', [200, { for: 'admin' }]);
  node.answers.set('POST session/link', (said) => {
    node.isLoggedIn = true;
    return [200, { ...node.session, now: new Date().toISOString(), name: said.name }];
  });
  const page = await open(node, WIDE, '/#link=secret-token');
  await page.waitForSelector('#again');
  assert.ok(!page.url().includes('secret'));
  await right(page);
  await page.fill('#login', 'wang.wei');
  await page.fill('#name', 'Wang Wei');
  await page.fill('#password', 'one long password');
  await page.fill('#again', 'another long password');
  await page.click('#go');
  await page.getByText('The two passwords are not the same').waitFor();
  await page.fill('#again', 'one long password');
  await page.click('#go');
  await page.waitForSelector('#search');
  const said = node.asked.find(({ asked }) => asked === 'POST session/link').json;
  assert.deepEqual(said, { token: 'secret-token', password: 'one long password', login: 'wang.wei', name: 'Wang Wei' });
  node.answers.set('POST session/link/look', [404, { code: 'link-unknown', detail: 'gone' }]);
  const late = await open(node, NARROW, '/#link=secret-token');
  await late.getByText('The link was used').waitFor();
  await right(late);
});

test('what waits for us stands first, with the one need that is ours, and an urgent truck above all', async () => {
  const { page } = await withCases(40);
  const first = page.locator('tr.case').first();
  assert.match(await first.getAttribute('class'), /mine/);
  assert.match(await first.textContent(), /A hold stands.*Us/);
  const urgent = page.locator('tr.case.urgent');
  assert.ok(await urgent.count() > 0);
  assert.match(await first.getAttribute('class'), /urgent/);
  await right(page);
  await shot(page, 'console-worklist');
  for (const width of [1440, 1200, 900, 600]) {
    await page.setViewportSize({ width, height: 900 });
    const [row, table] = await page.evaluate(() => ['tr.case', '.cases'].map((what) => document.querySelector(what).getBoundingClientRect().width));
    assert.ok(table - row < 4, `at ${width} the rows fill the table: ${row} of ${table}`);
    const need = await page.locator('tr.case .need-text').first().evaluate((text) => text.getBoundingClientRect().right - text.closest('td').getBoundingClientRect().right);
    assert.ok(need < 0, `at ${width} what it waits for is read in full`);
  }
  await page.setViewportSize(WIDE.viewport);
  await page.click('#mine');
  await page.waitForFunction(() => document.querySelectorAll('tr.case:not(.mine)').length === 0);
  assert.equal(await page.locator('tr.case').count(), 8);
});

test('a search finds by any part, a scanner opens the case, and nothing found says what to do', async () => {
  const { page, node } = await withCases(40);
  await page.keyboard.press('/');
  await page.waitForFunction(() => document.activeElement.id === 'search');
  await page.keyboard.type('medu100007');
  await page.waitForFunction(() => document.querySelectorAll('tr.case').length === 1);
  await page.fill('#search', 'nothing like it');
  await page.getByText('No open case has this').waitFor();
  await right(page);
  await page.fill('#search', '');
  await page.focus('#search');
  await page.keyboard.type(codeOf(12).toLowerCase());
  await page.keyboard.press('Enter');
  await page.waitForSelector('#timeline');
  assert.equal(await page.textContent('#case-code'), codeOf(12));
  assert.ok(node.asked.some(({ asked }) => asked === `GET cases/${codeOf(12)}`));
});

test('a change of one case makes one row anew, and a case that is closed goes', async () => {
  const { page, node } = await withCases(40);
  const [one, two] = [(await codes(page))[10], (await codes(page))[11]];
  await page.evaluate(() => {
    window.made = [];
    new MutationObserver((list) => list.forEach((m) => m.addedNodes.forEach((n) => n.matches?.('tr.case') && made.push(n.dataset.code)))).observe(document.getElementById('rows'), { childList: true });
  });
  node.change(one, { needs: [], plate: 'T-999-NEW', changed_at: new Date().toISOString() });
  await page.locator(`tr[data-code="${one}"] .plate`).filter({ hasText: 'T-999-NEW' }).waitFor();
  assert.deepEqual(await page.evaluate(() => made), [one]);
  node.change(two, null);
  await page.locator(`tr[data-code="${two}"]`).waitFor({ state: 'detached' });
  assert.equal(await page.textContent('#all-count'), '39');
  assert.deepEqual(page.faults, []);
});

test('the first rows of 20,000 cases are there as soon as an empty list is, and scrolling draws no more than is seen', async () => {
  const node = await desk();
  const times = { empty: [], full: [] };
  for (let i = 0; i < 3; i++) {
    const measure = async (count, selector) => {
      node.cases = lines(count, node.now);
      const page = await screen();
      await page.goto(`${node.origin}/`);
      await page.waitForSelector(selector);
      const began = performance.now();
      await page.reload({ waitUntil: 'commit' });
      await page.waitForSelector(selector);
      const taken = performance.now() - began;
      await page.context().close();
      return taken;
    };
    times.empty.push(await measure(0, '.quiet-page'));
    times.full.push(await measure(20_000, 'tr.case'));
  }
  const [empty, full] = [Math.min(...times.empty), Math.min(...times.full)];
  console.log(`# first rows of 20,000: ${Math.round(full)} ms; of none: ${Math.round(empty)} ms`);
  assert.ok(full < 3 * empty + 50, `${full} ms against ${empty} ms`);
  const page = await open(node);
  await page.waitForSelector('tr.case');
  for (let i = 0; i < 12; i++) {
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await page.waitForFunction((n) => document.querySelectorAll('tr.case').length > 0 && Number(document.getElementById('list-status').textContent.split(' ')[0]) > n, 100 * (i + 1));
  }
  assert.ok(await page.locator('tr.case').count() < 60, 'only what is seen is drawn');
  assert.equal(new Set(await codes(page)).size, await page.locator('tr.case').count());
  assert.deepEqual(page.faults, []);
});

test('a case shows one list and one timeline, in the time of the port, and its code can be scanned', async () => {
  const { page, node } = await withCases(40, { path: `/#/case/${codeOf(3)}` });
  const text = await page.textContent('main');
  for (const part of ['A hold stands', 'Owed by us', 'freight hold: unpaid', 'Brandt Forwarding → Polder Trucking', 'T-417-KLM', 'Juma Ally', 'B/L MEDU100002 is released to Brandt Forwarding', 'Wang Wei', 'Signature verified', '#9', 'TZDAR DEPOT 4', '45G1', 'B12']) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  assert.match(await page.textContent('.timeline time'), /14:00/, '06:00 UTC in Shanghai');
  assert.equal(await page.locator('.timeline > li').count(), 4);
  await page.locator('summary').first().click();
  await right(page);
  await shot(page, 'console-case');
  const { pixels } = await import('./browser.js');
  const { readPicture } = await import('../../crates/landside-web/assets/lib/qr.js');
  const picture = await pixels(page, await page.locator('.paper .qr').screenshot());
  assert.equal(await readPicture(picture), codeOf(3));
  await page.emulateMedia({ media: 'print' });
  assert.deepEqual(await page.evaluate(() => document.body.innerText.trim().split(/\s*\n\s*/)), ['Case code', codeOf(3), 'MSKU 000003 0'.replace(/\d$/, node.cases.find((one) => one.code === codeOf(3)).container.at(-1)), 'Lower Stream Terminal']);
  await page.emulateMedia({ media: 'screen' });
  node.detail = (line) => ({ ...caseOf(line), needs: [], lights: { commercial: 'green', customs: 'green', terminal: 'green' } });
  node.tell('taken', { event: 'taken', case: codeOf(3), kind: 'hold-lift' });
  await page.locator('main').getByText('Nothing is missing').waitFor();
  assert.ok(await page.locator('details[open]').count() === 1, 'what was opened stays open');
});

test('what is signed is said first, a refusal says what to do, and the keyboard is enough', async () => {
  const { page, node } = await withCases(40, { options: { ...WIDE, reducedMotion: 'reduce' } });
  node.answers.set('POST documents', [409, { code: 'not-release-issuer', detail: 'MEDU100002 was released by other-line', remedy: 'x' }]);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.waitForFunction(() => document.activeElement.id.startsWith('case-'));
  const code = (await page.evaluate(() => document.activeElement.id)).slice(5);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#act-block');
  assert.equal(await page.textContent('#case-code'), code);
  await page.keyboard.press('a');
  const number = await page.getAttribute('#act-block', 'aria-keyshortcuts');
  await page.keyboard.press(number);
  await page.waitForSelector('dialog #action-reason');
  await page.keyboard.type('bill of lading not paid');
  assert.match(await page.textContent('.statement'), /Northern Sparrow Line says:.*is blocked: bill of lading not paid.*Wang Wei/);
  await right(page);
  await shot(page, 'console-action');
  await page.keyboard.press('Enter');
  await page.locator('[data-code="not-release-issuer"]').waitFor();
  assert.match(await page.textContent('.refusal'), /The release belongs to another line.*released by other-line/);
  assert.equal(await page.inputValue('#action-reason'), 'bill of lading not paid');
  await right(page);
  node.answers.delete('POST documents');
  await page.focus('#action-reason');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog', { state: 'detached' });
  await page.getByText('Signed and registered').waitFor();
  const said = node.asked.filter(({ asked }) => asked === 'POST documents').at(-1).json;
  assert.deepEqual(said, { kind: 'release-change', fields: { case: code, bill: node.cases.find((one) => one.code === code).bills[0], action: 'block', reason: 'bill of lading not paid' } });
  await page.keyboard.press('Escape');
  await page.waitForSelector(`#case-${code}`);
  // Back at its row.
  await page.waitForFunction((id) => document.activeElement.id === id, `case-${code}`);
});

test('a form that is wrong is not sent, and says where', async () => {
  const { page, node } = await withCases(5);
  await page.click('#new-release');
  await page.click('#sign');
  assert.equal(await page.textContent('#action-container-fault'), 'Please fill in');
  await page.waitForFunction(() => document.activeElement.id === 'action-container');
  await page.fill('#action-container', 'msku 123456 7');
  await page.fill('#action-bill', 'MEDU1');
  await page.selectOption('#action-release_to', 'forwarder');
  await page.click('#sign');
  assert.match(await page.textContent('#action-container-fault'), /Not a container number/);
  await right(page);
  await page.fill('#action-container', 'msku 123456 5');
  await page.fill('#action-valid_until', '2030-01-02T08:30');
  await page.click('#sign');
  await page.waitForSelector('dialog', { state: 'detached' });
  const said = node.asked.filter(({ asked }) => asked === 'POST documents').at(-1).json;
  assert.deepEqual(said.fields, { container: 'MSKU1234565', bill: 'MEDU1', terms: { release_to: 'forwarder', valid_until: '2030-01-02T00:30:00.000Z', haulage: 'merchant' } });
});

test('a session that ends in the middle of a form takes nothing of it', async () => {
  const { page, node } = await withCases(40, { path: `/#/case/${codeOf(3)}` });
  await page.click('#act-hold');
  await page.fill('#action-reason', 'a reason that took long to type');
  node.isLoggedIn = false;
  await page.click('#sign');
  await page.waitForSelector('#anew');
  await right(page);
  assert.equal(await page.inputValue('#anew #login'), 'wang.wei');
  await page.fill('#anew #password', 'a long enough one');
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog', { state: 'detached' });
  const said = node.asked.filter(({ asked }) => asked === 'POST documents').at(-1).json;
  assert.equal(said.fields.reason, 'a reason that took long to type');
  assert.deepEqual(page.faults, []);
});

test('a dead node is said, and its screens come back by themselves', async () => {
  const { page, node } = await withCases(10);
  const port = node.server.address().port;
  node.close();
  await page.locator('#offline').waitFor();
  assert.match(await page.textContent('#offline'), /No live connection/);
  const again = new Desk();
  again.cases = lines(3, again.now);
  nodes.add(again);
  await again.listen(port);
  await page.locator('#offline').waitFor({ state: 'hidden' });
  await page.waitForFunction(() => document.querySelectorAll('tr.case').length === 3);
});

test('one action over many containers gives a result for each', async () => {
  const { page, node } = await withCases(40);
  await page.click('#mine');
  await page.waitForFunction(() => document.querySelectorAll('tr.case').length === 8);
  let asked = 0;
  node.answers.set('POST documents', () => {
    asked += 1;
    return asked === 3 ? [409, { code: 'not-placer', detail: 'customs placed it' }] : [200, { event: 'issued', outcome: 'accepted' }];
  });
  await page.click('#pick-all');
  await right(page);
  await page.click('#bulk-lift');
  await page.fill('#action-reason', 'paid');
  await page.click('#sign');
  await page.getByText('8 of 8; 1 refused').waitFor();
  assert.equal(await page.locator('.results li').count(), 8);
  assert.match(await page.textContent('.results .stop'), /placed|hold/i);
  await right(page);
  await shot(page, 'console-bulk');
});

test('a clerk of each role has its own actions, and who may not sign has none', async () => {
  const seen = {};
  for (const [role, party] of [['line', 'line'], ['customs', 'customs'], ['terminal', 'terminal'], ['forwarder', 'forwarder'], ['haulier', 'haulier']]) {
    const { page, node } = await withCases(40, { session: { role: 'clerk', may: ['sign', 'approve', 'import'], party, party_name: role, party_roles: [role] }, path: `/#/case/${codeOf(3)}` });
    seen[role] = await page.locator('.acts button').evaluateAll((all) => all.map((one) => one.id.slice(4)));
    assert.equal(await page.locator('#to-people').count(), 0);
    assert.equal(await page.locator('#to-import').count(), role === 'line' ? 1 : 0);
    await right(page);
    node.close();
    await page.context().close();
  }
  assert.deepEqual(seen, {
    line: ['lift', 'replace', 'block', 'revoke', 'cancel', 'take-back', 'hold'],
    customs: ['clear', 'lift', 'exam', 'scan', 'detain', 'hold'],
    terminal: ['arrival', 'hold', 'override'],
    forwarder: ['take-back'],
    haulier: ['pass', 'bind', 'slot', 'return'],
  });
  const { page } = await withCases(40, { session: { role: 'viewer', may: [] }, path: `/#/case/${codeOf(3)}` });
  assert.equal(await page.locator('.acts').count(), 0);
  await right(page);
});

test('whoever works at the gate is led there', async () => {
  const node = await desk({ role: 'gate', may: ['gate'] });
  const page = await screen();
  const asked = page.waitForRequest(`${node.origin}/gate/`);
  await page.goto(node.origin);
  await asked;
});

test('every page is right on a phone, in Chinese, in the dark', async () => {
  const node = await desk({ language: 'zh' });
  node.cases = lines(40, node.now);
  node.pending = [{ event: 'pending', id: 'd1', kind: 'release-order', container: 'MSKU1234565', person: 'Li Na', at: '2026-11-23T06:00:00.000Z', until: '2026-11-26T06:00:00.000Z', words: 'x', disclosed: { consignee: 'ACME' }, payload: { bill: 'MEDU1', terms: { release_to: 'forwarder', valid_until: '2026-12-01T00:00:00.000Z', haulage: 'merchant' } } }];
  for (const [name, options] of Object.entries({ narrow: NARROW, dark: { ...WIDE, colorScheme: 'dark' } })) {
    const page = await open(node, options);
    for (const [path, what] of Object.entries({ '': 'tr.case', [`case/${codeOf(3)}`]: '#timeline', import: '.drop', verify: '.drop', pending: '.drafts li', people: '.people li', account: '#log-out' })) {
      await page.evaluate((hash) => { location.hash = `#/${hash}`; }, path);
      await page.waitForSelector(what);
      assert.match(await page.textContent('body'), /\p{Script=Han}/u);
      await right(page);
      await shot(page, `console-${name}-${path.split('/')[0] || 'worklist'}`);
    }
  }
});

test('two persons: a draft is shown whole, one\'s own cannot be approved, another\'s is signed or declined', async () => {
  const node = await desk();
  const draft = (id, person) => ({ event: 'pending', id, kind: 'release-order', container: 'MSKU1234565', person, at: '2026-11-23T06:00:00.000Z', until: '2026-11-26T06:00:00.000Z', words: 'x', payload: { bill: 'MEDU1', terms: { release_to: 'forwarder', valid_until: '2026-12-01T00:00:00.000Z', haulage: 'merchant' } } });
  node.pending = [draft('d1', 'Wang Wei'), draft('d2', 'Li Na')];
  node.answers.set('POST approve', ({ id }) => {
    node.pending = node.pending.filter((one) => one.id !== id);
    return [200, { event: 'issued', outcome: 'accepted' }];
  });
  const page = await open(node, WIDE, '/#/pending');
  await page.waitForSelector('#approve-d2');
  assert.equal(await page.textContent('#to-pending .count'), '2');
  assert.ok(await page.isDisabled('#approve-d1'));
  assert.match(await page.textContent('[data-draft="d2"]'), /B\/L MEDU1 is released to Brandt Forwarding.*Li Na/);
  await page.click('#approve-d2');
  await page.waitForSelector('[data-draft="d2"]', { state: 'detached' });
  node.answers.set('POST decline', [404, { code: 'pending-unknown', detail: 'gone' }]);
  await page.click('#decline-d1');
  await page.locator('[data-code="pending-unknown"]').waitFor();
  await right(page);
});

test('an administrator adds a person, and the link is shown once', async () => {
  const node = await desk();
  node.answers.set('POST people', ({ login }) => (login === 'li.na' ? [200, { event: 'link', login, url: `${node.origin}/#link=xyz`, until: '2026-11-24T06:00:00.000Z' }] : [400, { code: 'login-form', detail: 'x' }]));
  const page = await open(node, WIDE, '/#/people');
  await page.waitForSelector('.people li');
  await page.click('#add-person');
  await page.fill('dialog #login', 'Li Na');
  await page.fill('dialog #name', 'Li Na');
  await page.click('dialog #go');
  await page.locator('[data-code="login-form"]').waitFor();
  await right(page);
  await page.fill('dialog #login', 'li.na');
  await page.click('dialog #go');
  await page.waitForSelector('#link');
  assert.match(await page.inputValue('#link'), /#link=xyz$/);
  await right(page);
  await page.click('#close');
  await page.waitForSelector('#link', { state: 'detached' });
});

test('theme, language and password are one\'s own', async () => {
  const node = await desk();
  node.answers.set('PUT session/password', (said) => (said.old === 'the old password' ? [200, { ...node.session, now: new Date().toISOString() }] : [403, { code: 'password-wrong', detail: 'x' }]));
  const page = await open(node, WIDE, '/#/account');
  await page.click('#theme-dark');
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await right(page);
  await page.click('#language-zh-CN');
  await page.getByText('修改密码').first().waitFor();
  assert.equal(node.session.language, 'zh');
  await page.click('#language-en');
  await page.getByText('Change password').first().waitFor();
  await page.fill('#old', 'wrong');
  await page.fill('#password', 'one long password');
  await page.fill('#again', 'one long password');
  await page.click('#go');
  await page.locator('[data-code="password-wrong"]').waitFor();
  await page.fill('#old', 'the old password');
  await page.click('#go');
  await page.getByText('Password changed').waitFor();
  await page.uncheck('#keys');
  await page.keyboard.press('/');
  assert.equal(await page.locator('#search').count(), 0, 'single keys are off');
  await page.click('#log-out');
  await page.waitForSelector('#go');
  assert.equal(await page.inputValue('#login'), '');
});

test('a search finds closed cases by plate and driver, says when there are more, and opens the only one', async () => {
  const { page, node } = await withCases(12);
  const past = (n, more) => ({ event: 'case-line', code: codeOf(n), container: boxes[n % 4], terminal: 'terminal', state: 'closed', left_at: new Date(node.now - n * 60_000).toISOString(), ...more });
  node.closed = [past(100, { plate: 'T-555-ONE', driver: 'Asha Mwita' }), ...[...Array(51)].map((_, i) => past(200 + i, { plate: 'T-666-ALL' }))];
  await page.fill('#search', 't 555');
  await page.locator('[data-closed]').filter({ hasText: 'Asha Mwita' }).waitFor();
  await right(page);
  await shot(page, 'console-closed');
  await page.fill('#search', 't666all');
  await page.getByText('There are more; the latest are shown').waitFor();
  assert.equal(await page.locator('[data-closed]').count(), 50);
  await right(page);
  await page.click('#mine');
  await page.locator('[data-closed]').first().waitFor({ state: 'detached' });
  await page.click('#all');
  await page.fill('#search', 'nobody');
  await page.locator('#ask-case').waitFor();
  await page.fill('#search', 'asha mwita');
  await page.locator('[data-closed]').waitFor();
  node.cases = [...node.cases, { ...node.cases[0], code: codeOf(100) }];
  await page.press('#search', 'Enter');
  await page.waitForURL(`**/#/case/${codeOf(100)}`);
});

test('the menu is whole on a small screen, and names a second person only where the party asks for one', async () => {
  const node = await desk();
  const page = await open(node, NARROW);
  await page.waitForSelector('#search');
  for (const locale of ['en', 'zh-CN']) {
    const cut = await page.$$eval('#bar nav a', (all) => all.filter((one) => one.getBoundingClientRect().right > innerWidth || one.scrollWidth > one.clientWidth).map((one) => one.id));
    assert.deepEqual(cut, [], locale);
    assert.deepEqual(await axe(page), []);
    await shot(page, `console-menu-${locale}`);
    if (locale === 'zh-CN') break;
    await page.goto(`${node.origin}/#/account`);
    await page.click('#language-zh-CN');
    await page.waitForSelector('html[lang="zh-CN"]');
  }
  assert.equal(await page.locator('#to-pending').count(), 0);
  const two = await desk({ two_persons: true });
  const other = await open(two, NARROW);
  await other.waitForSelector('#to-pending');
  const cut = await other.$$eval('#bar nav a', (all) => all.filter((one) => one.getBoundingClientRect().right > innerWidth).map((one) => one.id));
  assert.deepEqual(cut, []);
  await shot(other, 'console-menu-two');
});

test('a driver stands in the timeline with the name, and no id of a device', async () => {
  const driver = `driver:${'3a508d7b'.repeat(8)}`;
  const { page, node } = await withCases(3);
  node.detail = (line) => {
    const whole = caseOf(line);
    const step = (place, more) => ({ place, log: 10 + place, at: whole.timeline[0].at, id: String(place).repeat(64), words: 'x', ...more });
    return { ...whole, timeline: [...whole.timeline,
      step(4, { kind: 'driver-binding', issuer: 'haulier', driver: 'Juma Ally', payload: { visit: {}, driver: `ed25519:${'3a508d7b'.repeat(8)}`, plate: 'T-417-KLM' } }),
      step(5, { kind: 'interchange-receipt', issuer: driver, driver: 'Juma Ally', payload: { visit: {}, seals: [], condition: 'sound' } })] };
  };
  await page.goto(`${node.origin}/#/case/${codeOf(1)}`);
  await page.locator('[data-kind="interchange-receipt"] .by', { hasText: /^Driver Juma Ally$/ }).waitFor();
  await page.locator('[data-kind="driver-binding"] b', { hasText: 'Juma Ally' }).waitFor();
  assert.doesNotMatch(await page.locator('.timeline').innerText(), /3a508d7b/);
});

/** Drops a file on the page, as from a folder. */
const dropFile = (page, name, text) => page.evaluate(([called, content]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([content], called));
  document.querySelector('.drop').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
}, [name, text]);

test('a dropped COREOR file is shown with its notes, and nothing is signed before the button', async () => {
  const node = await desk();
  const preview = { kind: 'release-order', container: 'MSKU1234565', words: 'x', payload: { bill: 'MEDU1', terms: { release_to: 'forwarder', valid_until: '2026-12-01T00:00:00.000Z', haulage: 'merchant' } } };
  node.answers.set('POST import', () => (node.asked.at(-1).query.preview
    ? [200, { preview: [preview], issued: [], pending: [], notes: [{ event: 'note', code: 'n', text: 'size type unknown', container: 'MSKU1234565' }], imported: {} }]
    : [200, { preview: [], issued: [{ container: 'MSKU1234565', kind: 'release-order', outcome: 'refused', refused: { code: 'double-release', detail: 'd' } }], pending: [], notes: [], imported: {} }]));
  const page = await open(node, WIDE, '/#/import');
  await page.waitForSelector('.drop');
  await dropFile(page, 'orders.edi', 'UNB+');
  await page.getByText('1 document will be signed').waitFor();
  assert.match(await page.textContent('main'), /size type unknown/);
  assert.ok(node.asked.filter(({ asked }) => asked === 'POST import').every(({ query }) => query.preview === '1'));
  await right(page);
  await page.selectOption('#import-release_to', 'forwarder');
  await page.waitForFunction(() => document.getElementById('sign-file')?.disabled === false);
  await page.click('#sign-file');
  await page.locator('.results .stop').waitFor();
  assert.deepEqual(node.asked.filter(({ asked }) => asked === 'POST import').at(-1).query, { release_to: 'forwarder' });
  await right(page);
});

/** The file is signed and each release is on its way: `early` is answered before the node has said so. */
async function signedFile(name, text) {
  const node = await desk();
  const ids = boxes.map((_, i) => String(i + 1).repeat(64));
  const issued = boxes.map((container, i) => ({ event: 'issued', kind: 'release-order', container, id: ids[i], outcome: 'queued' }));
  const answer = (i, more) => node.tell('answered', { event: 'answered', id: ids[i], outcome: 'accepted', case: codeOf(i + 1), ...more });
  const preview = boxes.map((container) => ({ kind: 'release-order', container, words: 'x', payload: { bill: 'MEDU1', terms: { release_to: 'forwarder', valid_until: '2030-12-01T00:00:00.000Z', haulage: 'merchant' } } }));
  node.answers.set('POST import', () => {
    if (node.asked.at(-1).query.preview) return [200, { preview, issued: [], pending: [], notes: [], imported: {} }];
    answer(0);
    return [200, { preview: [], issued, pending: [], notes: [], imported: {} }];
  });
  let signed = 0;
  node.answers.set('POST documents', () => {
    const one = issued[signed++];
    if (one === issued[0]) answer(0);
    return [202, one];
  });
  const page = await open(node, WIDE, '/#/import');
  await page.waitForSelector('.drop');
  await dropFile(page, name, text);
  await page.getByText('4 documents will be signed').waitFor();
  await page.click('#sign-file');
  const line = (i, outcome) => page.locator(`.results [data-container="${boxes[i]}"][data-outcome="${outcome}"]`);
  return { node, page, ids, answer, line };
}

const TABLE = `container,bill,release_to,valid_until\n${boxes.map((box) => `${box},MEDU1,forwarder,2030-12-01`).join('\n')}\n`;

for (const [name, text] of [['orders.edi', 'UNB+'], ['orders.csv', TABLE]]) {
  test(`the terminal's answer to each release of ${name} is shown as it comes, and those that nobody was told of`, async () => {
    const { node, page, ids, answer, line } = await signedFile(name, text);
    await line(0, 'accepted').getByRole('link', { name: codeOf(1) }).waitFor();
    await line(1, 'queued').waitFor();
    await page.getByText('3 wait for the terminal').waitFor();
    answer(1);
    await line(1, 'accepted').getByRole('link', { name: codeOf(2) }).waitFor();
    answer(2, { outcome: 'refused', case: undefined, refused: { code: 'double-release', detail: 'the bill is released already' } });
    await line(2, 'refused').filter({ hasText: /released already|released twice|already/i }).waitFor();
    await page.getByText('1 waits for the terminal').waitFor();
    await right(page);
    await shot(page, `console-answers-${name.slice(-3)}`);
    node.answers.set(`GET documents/${ids[3]}`, [200, { event: 'document', id: ids[3], outcome: 'refused', refused: { code: 'wrong-terminal', detail: 'd' } }]);
    node.tell('missed', { event: 'missed' });
    await line(3, 'refused').waitFor();
    await page.locator('#bulk-count', { hasText: /^4 of 4; 2 refused$/ }).waitFor();
    await right(page);
  });
}

test('what is chosen while a preview is on its way is what is shown and signed, however late the first answer comes', async () => {
  const node = await desk();
  const release = (to) => ({ kind: 'release-order', container: 'MSKU1234565', words: 'x', payload: { bill: 'MEDU1', terms: { release_to: to, valid_until: '2026-12-01T00:00:00.000Z', haulage: 'merchant' } } });
  node.answers.set('POST import', () => {
    const { query } = node.asked.at(-1);
    return [200, { preview: query.preview ? [release(query.release_to ?? 'haulier')] : [], issued: [], pending: [], notes: [], imported: {} }];
  });
  const page = await open(node, WIDE, '/#/import');
  await page.waitForSelector('.drop');
  let letThrough;
  const held = new Promise((resolve) => { letThrough = resolve; });
  let isFirst = true;
  await page.route('**/api/v1/import**', async (route) => {
    if (isFirst) {
      isFirst = false;
      await held;
    }
    await route.continue();
  });
  await dropFile(page, 'orders.edi', 'UNB+');
  await page.selectOption('#import-release_to', 'forwarder');
  await page.getByText('is released to Brandt Forwarding').waitFor();
  const late = page.waitForResponse((answer) => answer.url().includes('import') && !answer.url().includes('release_to'));
  letThrough();
  await (await late).finished();
  await page.click('#sign-file');
  await page.getByText('0 signed').waitFor();
  assert.deepEqual(node.asked.filter(({ asked }) => asked === 'POST import').at(-1).query, { release_to: 'forwarder' });
  await right(page);
});

test('a CSV table is looked through line by line, and only what is right is signed', async () => {
  const node = await desk();
  const page = await open(node, WIDE, '/#/import');
  await page.waitForSelector('.drop');
  await dropFile(page, 'orders.csv', 'container,bill,release_to,valid_until\nMSKU1234565,MEDU1,forwarder,2030-01-02\nMSKU1234567,MEDU2,forwarder,2030-01-02\n');
  await page.getByText('1 document will be signed').waitFor();
  assert.match(await page.textContent('.results .stop'), /Not a container number/);
  assert.match(await page.textContent('table'), /MEDU1 is released to Brandt Forwarding until 2 Jan 2030, 23:59/);
  await right(page);
  await page.click('#sign-file');
  await page.getByText('1 of 1; 0 refused').waitFor();
  assert.equal(node.asked.filter(({ asked }) => asked === 'POST documents').length, 1);
  await dropFile(page, 'orders.csv', 'box,bill\n');
  await page.getByText('The first line has to name').waitFor();
  await right(page);
});

test('what was promised stands on the one list, and who is overdue is counted over the worklist', async () => {
  const node = await desk();
  node.cases = lines(12, node.now, node.session.party);
  Object.assign(node.cases[0], { overdue: true });
  node.overdue = { customs: 3, terminal: 1 };
  const promised = new Date(node.now - HOUR_MS).toISOString();
  node.detail = (line) => ({ ...caseOf(line), needs: [{ code: 'customs-silent', detail: 'x', owed_by: 'customs', promised_at: promised, overdue: true }] });
  const page = await open(node, WIDE);
  await page.waitForSelector('tr.case .late');
  assert.equal(await page.locator('tr.case .late').count(), 1);
  await page.getByText('overdue: Port Customs 3, Lower Stream Terminal 1').waitFor();
  await right(page);
  await page.goto(`${node.origin}/#/case/${node.cases[0].code}`);
  await page.waitForSelector('[data-overdue="customs-silent"]');
  assert.match(await page.textContent('[data-need="customs-silent"]'), /Owed by Port Customs.*promised by .*overdue/);
  await right(page);
});

test('a dropped evidence file is judged in words, good or bad', async () => {
  const node = await desk();
  const report = (verdict, findings) => ({ verdict, sound: findings.length === 0, trusted: true, sha256: 'a'.repeat(64), bytes: 10, findings, timeline: [], witnesses: 1, network: 'n', terminal: 'terminal', container: 'MSKU1234565', case: codeOf(3) });
  const page = await open(node, NARROW, '/#/verify');
  await page.waitForSelector('.drop');
  node.answers.set('POST evidence/verify', [200, report('proven', [])]);
  await dropFile(page, 'case.landside', 'x');
  await page.waitForSelector('[data-verdict="proven"].go');
  await right(page);
  // A file of a network that nobody here knows proves only what it says of itself.
  node.answers.set('POST evidence/verify', [200, { ...report('proven', []), trusted: false }]);
  await dropFile(page, 'case.landside', 'w');
  await page.waitForSelector('[data-verdict="proven"].wait #untrusted');
  await right(page);
  node.answers.set('POST evidence/verify', [200, report('broken', [{ severity: 'broken', code: 'file-digest', text: 'digest differs', place: 'bytes 1 to 2' }])]);
  await dropFile(page, 'case.landside', 'y');
  await page.waitForSelector('[data-verdict="broken"].stop');
  assert.match(await page.textContent('[data-finding="file-digest"]'), /changed after it was written.*bytes 1 to 2/);
  await right(page);
  node.answers.set('POST evidence/verify', [413, { code: 'body-too-long', detail: 'x' }]);
  await dropFile(page, 'case.landside', 'z');
  await page.locator('[data-code="body-too-long"]').waitFor();
});
