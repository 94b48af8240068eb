import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';

import { axe, launch, shot, tablet } from './browser.js';
import { Desk } from './desk.js';
import { ASSETS } from './support.js';

const chart = await import(join(ASSETS, 'lib/chart.js'));
const format = await import(join(ASSETS, 'lib/format.js'));

const HOUR = 3600_000;
const DAY = 24 * HOUR;
const WIDE = { viewport: { width: 1440, height: 900 } };
const NARROW = { viewport: { width: 360, height: 740 } };

let browser;
const nodes = new Set();
before(async () => {
  browser = await launch();
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  for (const node of nodes) node.close();
  nodes.clear();
});
after(() => browser.close());

const NONE = { count: 0 };
const spans = (count, median_ms, p90_ms) => ({ count, median_ms, p90_ms });
const answers = (in_time = 0, late = 0, open = 0, overdue = 0) => ({ in_time, late, open, overdue });
const party = (id, more = {}) => ({
  party: id, held_ms: 0, cases: 0, case_median_ms: 0, in_time: 0, late: 0, late_open: 0, late_by: NONE, questions: answers(), complaints: answers(), ...more,
});

/** Days before a date that does not count, the first two of which had nothing. */
function figures(to = '2026-11-25', count = 30, more = {}) {
  const end = Date.parse(`${to}T00:00:00Z`);
  const days = [...Array(count)].map((_, i) => {
    const at = new Date(end - (count - i) * DAY);
    const has = i > 1 && i !== 9;
    return {
      day: at.toISOString().slice(0, 10), from_at: new Date(at - 8 * HOUR).toISOString(), opened: 30 + (i * 7) % 23, left: has ? 20 + (i * 11) % 31 : 0, late: i % 4,
      light_to_pass: has ? spans(20, 400 + 90 * i, 4000 + (i * 977) % 9000) : NONE, light_to_shown: has ? spans(20, HOUR + i * 60_000, 4 * HOUR) : NONE,
      arrival_to_out: has ? spans(20, 20 * HOUR + ((i * 5) % 17) * HOUR, 60 * HOUR + ((i * 7) % 19) * HOUR) : NONE,
    };
  });
  return {
    event: 'figures', of: 'line', from: days[0].day, to, zone: 'Asia/Shanghai', from_at: days[0].from_at, to_at: new Date(end - 8 * HOUR).toISOString(), at: new Date().toISOString(), complete: true, incomplete: 0,
    open: 812, opened: 1203, left: 987, late: 43, light_to_pass: spans(987, 850, 12_400), light_to_shown: spans(940, 3 * HOUR, 9 * HOUR), arrival_to_out: spans(987, 28 * HOUR, 71 * HOUR), days,
    parties: [
      party('customs', { name: 'Port Customs', held_ms: 9000 * HOUR, cases: 700, case_median_ms: 11 * HOUR, in_time: 660, late: 31, late_open: 4, late_by: spans(31, 5 * HOUR, 30 * HOUR), complaints: answers(4, 2, 1, 1) }),
      party('terminal', { name: 'Lower Stream Terminal', held_ms: 4000 * HOUR, cases: 900, case_median_ms: 4 * HOUR, in_time: 1400, late: 9, late_by: spans(9, HOUR, 2 * HOUR), questions: answers(12, 0, 2, 0) }),
      party('forwarder', { name: 'Brandt Forwarding & Sons International Freight Agency (Dar es Salaam) Limited', held_ms: 1500 * HOUR, cases: 300, case_median_ms: 3 * HOUR, in_time: 200, late: 3, late_by: spans(3, HOUR, HOUR) }),
      party('shipper', { held_ms: 20 * HOUR, cases: 12, case_median_ms: HOUR, in_time: 12 }),
    ],
    parties_more: 0,
    steps: [{ code: 'customs-not-released', in_time: 100, late: 31, late_by: spans(31, 5 * HOUR, 30 * HOUR) }, { code: 'slot-unanswered', in_time: 1400, late: 9, late_by: spans(9, HOUR, 2 * HOUR) }, { code: 'of-next-year', in_time: 1, late: 0, late_by: NONE }],
    ...more,
  };
}

async function open(answer, options = WIDE, session = {}) {
  const node = await new Desk(session).listen();
  nodes.add(node);
  node.answers.set('GET figures', answer);
  const page = await tablet(browser, { timezoneId: 'Africa/Dar_es_Salaam', ...options });
  await page.goto(`${node.origin}/#/figures`);
  return { node, page };
}

const asked = (node) => node.asked.filter(({ asked }) => asked === 'GET figures').map(({ query }) => query);

/** Waits until the node was asked so often, and gives how it was asked last. */
async function askedFor(node, count) {
  for (let i = 0; asked(node).length < count; i++) {
    assert.ok(i < 400, `asked ${asked(node).length} times, not ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return asked(node).at(-1);
}

const right = async (page) => {
  assert.deepEqual(await axe(page), []);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page is too wide');
  assert.deepEqual(page.faults, []);
};

test('the figures of thirty days stand in tiles and charts, in both themes and at every width', async () => {
  for (const [name, options, language] of [
    ['figures-light', WIDE, 'en'], ['figures-dark', { ...WIDE, colorScheme: 'dark' }, 'en'], ['figures-phone', NARROW, 'en'], ['figures-zh', { ...NARROW, colorScheme: 'dark' }, 'zh'],
  ]) {
    const { page } = await open([200, figures()], options, { language });
    await page.locator('#chart-answers').waitFor();
    assert.equal(await page.locator('#figures svg.chart').count(), 4, name);
    assert.equal(await page.locator('#chart-held .ranked li').count(), 4);
    assert.match(await page.locator('#tile-out').textContent(), language === 'zh' ? /1天 4小时/ : /1 day.*4 hr/);
    await right(page);
    await shot(page, name);
    await page.close();
  }
});

test('a tile and a chart say their numbers to whoever does not see them, and each table has them', async () => {
  const { page } = await open([200, figures()]);
  await page.locator('#chart-held').waitFor();
  assert.match(await page.locator('#tile-late').textContent(), /Promises missed43of 2,315/);
  assert.match(await page.locator('#tile-complaints').textContent(), /4 of 71 not answered/);
  assert.match(await page.locator('#tile-pass').textContent(), /850 ms/);
  // A complaint that is overdue is late, whether an answer comes or not.
  assert.match(await page.locator('#chart-answers .ranked').textContent(), /3 late · 0 open · 4 in time/);
  const label = await page.locator('#chart-arrival-to-out svg.chart').getAttribute('aria-label');
  assert.match(label, /Discharge to gate-out: median 1 day 4 hr/);
  assert.equal(await page.locator('#chart-arrival-to-out tbody tr').count(), 27, 'days without a value are in no row');
  await page.locator('#chart-promises summary').click();
  await page.locator('#chart-promises table').waitFor({ state: 'visible' });
  const rows = await page.locator('#chart-promises tbody tr').allTextContents();
  assert.match(rows[0], /Port Customs6603145 hr/, 'who missed most is first');
  assert.match(rows[3], /Cargo owner1200–/, 'a role that nobody is known for');
  await right(page);
});

test('days without a value are a gap in the line, and shapes tell the two lines apart', async () => {
  const { page } = await open([200, figures()]);
  const line = page.locator('#chart-light-to-pass path.line.one').last();
  await line.waitFor({ state: 'attached' });
  const path = await line.getAttribute('d');
  assert.equal(path.match(/M/g).length, 2, 'the tenth day has nothing');
  assert.equal(path.match(/[ML]/g).length, 27);
  const looks = await page.evaluate(() => ['one', 'two'].map((look) => {
    const style = getComputedStyle(document.querySelector(`#chart-light-to-pass svg.chart .line.${look}`));
    return style.strokeDasharray;
  }));
  assert.equal(looks[0], 'none');
  assert.notEqual(looks[1], 'none');
});

test('a period is chosen by a button or by its days, and the node is asked for the days of the port', async () => {
  const { page, node } = await open([200, figures()]);
  await page.locator('#chart-held').waitFor();
  const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai', year: 'numeric', month: '2-digit', day: '2-digit' }).format(Date.now());
  const before = (days) => new Date(Date.parse(`${today}T00:00:00Z`) - days * DAY).toISOString().slice(0, 10);
  assert.deepEqual(await askedFor(node, 1), { from: before(29), to: before(-1) });
  await page.click('#days-7');
  assert.deepEqual(await askedFor(node, 2), { from: before(6), to: before(-1) });
  await page.waitForFunction(() => document.activeElement?.id === 'days-7' && document.getElementById('days-7').getAttribute('aria-pressed') === 'true');
  await page.fill('#figures-from', '2026-10-31');
  await page.fill('#figures-last', '2026-10-01');
  await page.click('#figures-go');
  assert.deepEqual(await askedFor(node, 3), { from: '2026-10-01', to: '2026-11-01' }, 'the last day counts; the wrong way round is put right');
  await page.waitForFunction(() => document.getElementById('days-7').getAttribute('aria-pressed') === 'false');
  await page.click('#to-verify');
  await page.locator('#figures').waitFor({ state: 'detached' });
  await page.click('#to-figures');
  assert.deepEqual(await askedFor(node, 4), { from: '2026-10-01', to: '2026-11-01' }, 'it stays while the page is open');
  await right(page);
});

test('each chart has its table as a file, of the days that are shown', async () => {
  const { page } = await open([200, figures()]);
  await page.locator('#chart-answers').waitFor();
  const links = await page.locator('#figures a[download]').evaluateAll((all) => all.map((link) => [new URL(link.href).pathname + new URL(link.href).search, link.getAttribute('aria-label')]));
  const charts = ['light-to-pass', 'arrival-to-out', 'light-to-shown', 'cases', 'held', 'promises', 'steps', 'answers'];
  assert.deepEqual(links.map(([href]) => href), charts.map((name) => `/api/v1/figures/${name}.csv?from=2026-10-26&to=2026-11-25`));
  assert.equal(new Set(links.map(([, label]) => label)).size, charts.length, 'each link says which it is');
  const known = readFileSync(join(ASSETS, '../../landside-node/src/figures/view.rs'), 'utf8');
  for (const name of charts) assert.ok(known.includes(`"${name}",`), `the node knows ${name}`);
});

test('whose figures they are is chosen among the terminals, which tell their members', async () => {
  const { page, node } = await open([200, figures()]);
  await page.locator('#chart-held').waitFor();
  assert.deepEqual(await page.locator('#figures-of option').allTextContents(), ['Our party', 'Lower Stream Terminal']);
  await page.selectOption('#figures-of', 'terminal');
  assert.equal((await askedFor(node, 2)).of, 'terminal');
  await page.locator('#chart-held').waitFor();
  assert.match(await page.locator('#chart-held a[download]').getAttribute('href'), /held\.csv\?from=2026-10-26&to=2026-11-25&of=terminal$/);
  assert.equal(await page.inputValue('#figures-of'), 'terminal');
  node.answers.set('GET figures', [503, { code: 'terminal-unreachable', detail: 'terminal cannot be reached' }]);
  await page.click('#days-7');
  await page.locator('[data-code="terminal-unreachable"]').waitFor();
  assert.deepEqual(page.faults.splice(0).filter((fault) => !fault.includes('status of 503')), []);
  await right(page);
});

test('without cases the page says so, and a node that still reads is asked again until it has them', async () => {
  const nothing = { opened: 0, left: 0, open: 0, parties: [], steps: [], light_to_pass: NONE, light_to_shown: NONE, arrival_to_out: NONE };
  let times = 0;
  const { page } = await open(() => {
    times += 1;
    return [200, times === 1 ? figures('2026-11-25', 30, { ...nothing, complete: false, incomplete: 2 }) : figures('2026-11-25', 30, nothing)];
  }, NARROW);
  await page.getByText('The node is still reading its cases').waitFor();
  await page.getByText('2 cases are left out').waitFor();
  await page.getByText('No figures in these days').waitFor();
  await page.getByText('The node is still reading its cases').waitFor({ state: 'detached' });
  assert.equal(times, 2);
  await right(page);
});

test('what the node refuses is said with what to do, and other days can be chosen', async () => {
  let isWrong = true;
  const { page } = await open(() => (isWrong ? [400, { code: 'figures-period', detail: 'a period has at most 366 days' }] : [200, figures()]));
  await page.locator('[data-code="figures-period"]').waitFor();
  assert.match(await page.textContent('.refusal'), /Choose days of the calendar/);
  assert.deepEqual(page.faults.splice(0).filter((fault) => !fault.includes('status of 400')), []);
  await right(page);
  isWrong = false;
  await page.click('#days-90');
  await page.locator('#chart-held').waitFor();
  await page.locator('[data-code="figures-period"]').waitFor({ state: 'detached' });
});

test('a viewer has figures too, and a page as wide as it becomes', async () => {
  const { page } = await open([200, figures()], WIDE, { role: 'viewer', may: [], party: 'haulier', party_roles: ['haulier'] });
  await page.locator('#chart-held').waitFor();
  const width = () => page.locator('#chart-cases svg.chart').evaluate((svg) => svg.getBoundingClientRect().width);
  const wide = await width();
  await page.setViewportSize({ width: 400, height: 800 });
  await page.waitForFunction((before) => document.querySelector('#chart-cases svg.chart').getBoundingClientRect().width < before, wide);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await right(page);
});

test('lines across are few and at round values, and no more days are named than there is room for', () => {
  for (const most of [1, 7, 999, 61_000, 3 * HOUR, 90 * HOUR, 40 * DAY]) {
    const by = chart.step(most, true);
    assert.ok(most / by <= 4, `${most} in steps of ${by}`);
  }
  assert.equal(chart.step(9, false), 5);
  assert.equal(chart.step(61_000, true), 30_000);
  assert.equal(chart.step(90 * HOUR, true), DAY);
  // Where a unit says no halves, lines stand at whole ones: no two are called the same.
  const write = (ms) => format.span(ms, 'en');
  for (const most of [1, 900, 59_000, 61_000, 95_000, 170_000, 59 * 60_000, 3 * HOUR, 90 * HOUR]) {
    const by = chart.step(most, true, write);
    const names = [...Array(Math.ceil(most / by) + 1)].map((_, i) => write(i * by));
    assert.equal(new Set(names).size, names.length, `${most}: ${names}`);
  }
  assert.deepEqual(chart.named(7, 1000), [0, 1, 2, 3, 4, 5, 6]);
  const some = chart.named(90, 288);
  assert.ok(some.length <= 4 && some.at(-1) === 89, String(some));
  assert.deepEqual(chart.named(1, 10), [0]);
  assert.ok(chart.wide('4小时') > chart.wide('4 h'), 'Chinese signs are wider than letters');
});
