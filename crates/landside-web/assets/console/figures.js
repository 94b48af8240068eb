/** Figures over a period: how long the steps took, who held cases, which promises and answers came in time. */

import * as chart from '../lib/chart.js';
import { h, icon, replace } from '../lib/dom.js';
import * as format from '../lib/format.js';
import * as i18n from '../lib/i18n.js';
import * as forms from './forms.js';
import * as say from './say.js';

const { t, word } = i18n;

const DAY_MS = 24 * 3600_000;

/** Days of the periods that are offered, and the one that is shown first. */
const SPANS = [7, 30, 90];
const SPAN = 30;

/** Pauses before figures are asked for anew: after news, and while the node still reads its cases. */
const NEWS_MS = 30_000;
const READING_MS = 1500;

/** Parties drawn; the others are in the table. */
const DRAWN_MAX = 12;

/** Narrowest chart: below it the page would scroll anyway. */
const WIDTH_MIN = 240;

/** What was chosen last stays while the page is open. */
let chosen = { days: SPAN, from: '', last: '' };

/** Whose figures they are: a terminal, or this party's own where that is empty. */
let whose = '';

/** A date some days later. @param {string} date @param {number} days */
const later = (date, days) => new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** A length of time; below a second exactly. @param {number} ms */
function length(ms) {
  if (ms >= 1000 || ms === 0) return format.span(ms, i18n.locale());
  return new Intl.NumberFormat(i18n.locale(), { style: 'unit', unit: 'millisecond', unitDisplay: 'short' }).format(ms);
}

const number = (/** @type {number} */ n) => new Intl.NumberFormat(i18n.locale()).format(n);

/** How many cases, in words. @param {number} n */
const cases = (n) => i18n.plural('console.figures.n-cases', n, number(n));

/** A date as people write it, with its year where that is not this one. @param {string} date @param {string} today */
function short(date, today) {
  const year = date.slice(0, 4) === today.slice(0, 4) ? {} : { year: /** @type {const} */ ('2-digit') };
  return new Intl.DateTimeFormat(i18n.locale(), { timeZone: 'UTC', month: 'short', day: 'numeric', ...year }).format(Date.parse(`${date}T00:00:00Z`));
}

/** Answers as people count them: one that is overdue is late, whether it comes or not. @param {any} answers */
const judged = ({ in_time, late, open, overdue }) => ({ inTime: in_time, late: late + overdue, open: open - overdue, overdue, unanswered: open });

export class FiguresPage {
  figures = /** @type {any} */ (null);
  #failed = /** @type {unknown} */ (null);
  #again = 0;
  #asked = new AbortController();
  #width = 0;

  /** @param {any} app */
  constructor(app) {
    this.app = app;
  }

  title = () => t('console.figures');

  /** @param {HTMLElement} main */
  mount(main) {
    this.main = main;
    this.body = h('div', { class: 'stack', id: 'figures' });
    this.seen = new ResizeObserver(() => this.#resized());
    this.seen.observe(this.body);
    this.#show();
    void this.#load();
  }

  unmount() {
    clearTimeout(this.#again);
    this.#asked.abort();
    this.seen?.disconnect();
    this.main = undefined;
  }

  /** Something happened: it counts, but nobody has to see it at once. @param {string} name */
  happened(name) {
    if (name !== 'taken') this.#soon(NEWS_MS);
  }

  /** @param {number} ms */
  #soon(ms) {
    if (this.#again === 0 && this.main) this.#again = window.setTimeout(() => this.#load(), ms);
  }

  /** First and last day of the period, both counting. */
  #period() {
    const today = format.day(this.app.now(), this.app.me.zone);
    return chosen.days > 0 ? { from: later(today, 1 - chosen.days), last: today } : { from: chosen.from, last: chosen.last };
  }

  async #load() {
    clearTimeout(this.#again);
    this.#again = 0;
    this.#asked.abort();
    const asked = (this.#asked = new AbortController());
    const { from, last } = this.#period();
    try {
      this.figures = await this.app.api.figures({ from, to: later(last, 1), of: whose }, asked.signal);
      this.#failed = null;
    } catch (error) {
      if (asked.signal.aborted) return;
      this.#failed = error;
    }
    this.#show();
    if (this.figures && !this.figures.complete && !this.#failed) this.#soon(READING_MS);
  }

  #resized() {
    const width = this.body?.clientWidth ?? 0;
    if (Math.abs(width - this.#width) < 8) return;
    this.#width = width;
    this.#show();
  }

  #show() {
    if (!this.main || !this.body) return;
    replace(this.main, h('h1', { id: 'title', tabindex: '-1' }, t('console.figures')), h('p', { class: 'soft lead' }, t('console.figures.lead')), this.#chooser(), this.body);
    replace(this.body, ...this.#content());
  }

  #content() {
    if (this.#failed) return [forms.refusal(this.#failed)];
    const { figures } = this;
    if (!figures) return [h('p', { role: 'status' }, t('ui.loading'))];
    const notes = [
      !figures.complete && t('console.list.reading'),
      figures.incomplete > 0 && i18n.plural('console.figures.incomplete', figures.incomplete),
      figures.known_from > figures.from_at && t('console.figures.known-from', { time: say.time(figures.known_from, this.app.place()) }),
    ].filter(Boolean).map((text) => h('p', { class: 'note wait', role: 'status' }, icon('warning'), h('span', null, String(text))));
    const isEmpty = figures.opened + figures.left + figures.parties.length === 0;
    if (isEmpty) return [...notes, h('div', { class: 'quiet-page', role: 'status' }, icon('chart'), h('h2', null, t('console.figures.empty')), h('p', null, t('console.figures.empty.do')))];
    return [...notes, this.#tiles(), h('div', { class: 'charts' }, ...this.#charts())];
  }

  #chooser() {
    const { from, last } = this.#period();
    const today = format.day(this.app.now(), this.app.me.zone);
    const pick = (/** @type {any} */ period) => {
      chosen = period;
      this.#show();
      void this.#load();
    };
    const date = (/** @type {string} */ id, /** @type {string} */ text, /** @type {string} */ value) => h('div', { class: 'field' }, h('label', { for: id }, text), h('input', { id, name: id, type: 'date', value, max: today, required: true }));
    const own = h('form', { class: 'own-days', onsubmit: (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const given = new FormData(/** @type {HTMLFormElement} */ (event.target));
      const [first, end] = [given.get('figures-from'), given.get('figures-last')].map(String).sort();
      pick({ days: 0, from: first, last: end });
    } }, date('figures-from', t('console.figures.from'), from), date('figures-last', t('console.figures.last'), last), h('button', { class: 'button', type: 'submit', id: 'figures-go' }, t('console.figures.go')));
    return h('div', { class: 'tools figures-of', role: 'group', 'aria-label': t('console.figures.period') }, this.#whose(),
      h('div', { class: 'sides' }, ...SPANS.map((days) => h('button', {
        class: 'button quiet', type: 'button', id: `days-${days}`, 'aria-pressed': String(chosen.days === days), onclick: () => pick({ ...chosen, days }),
      }, i18n.plural('console.figures.days', days)))), own);
  }

  /** Every terminal tells its members the figures of all its cases. */
  #whose() {
    const terminals = [...this.app.parties.values()].filter((one) => one.roles.includes('terminal') && one.id !== this.app.me.party);
    if (terminals.length === 0) return false;
    const choose = (/** @type {any} */ event) => {
      whose = event.target.value;
      this.figures = null;
      this.#show();
      void this.#load();
    };
    return h('div', { class: 'field' }, h('label', { for: 'figures-of' }, t('console.figures.whose')), h('select', { id: 'figures-of', onchange: choose },
      h('option', { value: '', selected: whose === '' }, t('console.figures.own')), ...terminals.map((one) => h('option', { value: one.id, selected: whose === one.id }, one.name))));
  }

  #tiles() {
    const { figures } = this;
    const tile = (/** @type {string} */ id, /** @type {string} */ name, /** @type {string} */ value, /** @type {string | false} */ more) => h('div', { id }, h('dt', null, name), h('dd', null, h('b', null, value), more && h('span', { class: 'small soft' }, more)));
    const span = (/** @type {string} */ id, /** @type {string} */ name, /** @type {any} */ spans) => tile(id, name,
      spans.count > 0 ? length(spans.median_ms) : '–', spans.count > 0 && t('console.figures.nine', { span: length(spans.p90_ms), cases: cases(spans.count) }));
    const sum = (/** @type {(one: any) => number} */ of) => figures.parties.reduce((/** @type {number} */ all, /** @type {any} */ one) => all + of(one), 0);
    const late = sum((one) => one.late);
    const decided = late + sum((one) => one.in_time);
    const complaints = (/** @type {string} */ name) => sum((one) => one.complaints[name]);
    const all = complaints('in_time') + complaints('late') + complaints('open');
    return h('dl', { class: 'tiles' },
      tile('tile-left', t('console.figures.left'), number(figures.left), i18n.plural('console.figures.open', figures.open, number(figures.open))),
      span('tile-pass', t('console.figures.light-to-pass'), figures.light_to_pass),
      span('tile-out', t('console.figures.arrival-to-out'), figures.arrival_to_out),
      tile('tile-late', t('console.figures.late'), number(late), decided > 0 && t('console.figures.of-promises', { n: number(decided) })),
      tile('tile-complaints', t('console.figures.complaints'), all > 0 ? t('console.figures.part', { n: number(complaints('in_time')), all: number(all) }) : '–', complaints('open') > 0 && t('console.figures.not-answered', { n: number(complaints('open')) })));
  }

  #charts() {
    const { figures } = this;
    const people = (/** @type {any[]} */ list, /** @type {(one: any) => boolean} */ has) => list.filter(has);
    return [
      this.#spans('light-to-pass', t('console.figures.light-to-pass'), t('console.figures.light-to-pass.do'), 'light_to_pass'),
      this.#spans('arrival-to-out', t('console.figures.arrival-to-out'), t('console.figures.arrival-to-out.do'), 'arrival_to_out'),
      this.#spans('light-to-shown', t('console.figures.light-to-shown'), t('console.figures.light-to-shown.do'), 'light_to_shown'),
      this.#cases(),
      this.#held(people(figures.parties, (one) => one.held_ms > 0)),
      this.#promises(people(figures.parties, (one) => one.late + one.in_time > 0)),
      this.#steps(figures.steps),
      this.#answers(figures.parties.flatMap((/** @type {any} */ one) => [['question', one.questions], ['complaint', one.complaints]].map(([subject, answers]) => ({ ...one, subject, answers })))),
    ];
  }

  /** A chart with its name, what it shows, its table, and the table as a file. @param {string} id @param {string} name @param {string} lead @param {(Node | false)[]} drawn @param {string[]} head @param {string[][]} rows */
  #card(id, name, lead, drawn, head, rows) {
    const { from, to } = this.figures;
    const of = whose ? `&of=${encodeURIComponent(whose)}` : '';
    const isNumber = (/** @type {number} */ i) => (i === 0 ? null : 'number');
    return h('section', { class: 'card stack', id: `chart-${id}`, 'aria-labelledby': `name-${id}` },
      h('div', null, h('h2', { id: `name-${id}` }, name), h('p', { class: 'small soft' }, lead)),
      ...(rows.length > 0 ? drawn.filter(Boolean) : [h('p', { class: 'soft' }, t('console.figures.nothing'))]).map((one) => /** @type {Node} */ (one)),
      h('div', { class: 'row apart figures-more' },
        rows.length > 0 && h('details', null, h('summary', null, t('console.figures.table')), h('div', { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': name }, h('table', { class: 'table' },
          h('thead', null, h('tr', null, ...head.map((text, i) => h('th', { scope: 'col', class: isNumber(i) }, text)))),
          h('tbody', null, ...rows.map((row) => h('tr', null, ...row.map((text, i) => h(i === 0 ? 'th' : 'td', { scope: i === 0 ? 'row' : null, class: isNumber(i) }, text)))))))),
        h('a', { class: 'button', href: new URL(`figures/${id}.csv?from=${from}&to=${to}${of}`, this.app.api.root).href, download: `landside-${id}-${from}.csv`, 'aria-label': t('console.figures.csv', { name }) }, t('console.figures.file'))));
  }

  #legend(/** @type {'line' | 'bar'} */ kind, /** @type {chart.Series[]} */ series) {
    return h('ul', { class: 'legend small' }, ...series.map(({ name, look }) => h('li', null, chart.swatch(kind, look), name)));
  }

  /** How wide a chart may be: the cards stand side by side where there is room. */
  #wide() {
    const width = this.#width || this.body?.clientWidth || 0;
    const columns = width >= 900 ? 2 : 1;
    return Math.max(WIDTH_MIN, Math.floor((width - 16 * (columns - 1)) / columns) - 34);
  }

  /** @param {string} id @param {string} name @param {string} lead @param {string} of */
  #spans(id, name, lead, of) {
    const days = this.figures.days.filter((/** @type {any} */ day) => day[of].count > 0);
    const values = (/** @type {string} */ field) => this.figures.days.map((/** @type {any} */ day) => day[of][field] ?? null);
    const series = /** @type {chart.Series[]} */ ([
      { name: t('console.figures.median'), look: 'one', values: values('median_ms') }, { name: t('console.figures.p90'), look: 'two', values: values('p90_ms') },
    ]);
    const total = this.figures[of];
    const label = total.count > 0 ? t('console.figures.chart', { name, median: length(total.median_ms), nine: length(total.p90_ms), cases: cases(total.count) }) : name;
    const drawn = days.length > 0 ? [this.#legend('line', series), chart.lines({ width: this.#wide(), label, days: this.#days(), series, isTime: true, write: length })] : [];
    return this.#card(id, name, lead, drawn, [t('console.figures.day'), t('console.figures.count'), t('console.figures.median'), t('console.figures.p90')],
      days.map((/** @type {any} */ day) => [day.day, number(day[of].count), length(day[of].median_ms), length(day[of].p90_ms)]));
  }

  #days() {
    const today = format.day(this.app.now(), this.app.me.zone);
    return this.figures.days.map((/** @type {any} */ day) => short(day.day, today));
  }

  #cases() {
    const { figures } = this;
    const values = (/** @type {string} */ field) => figures.days.map((/** @type {any} */ day) => day[field]);
    const series = /** @type {chart.Series[]} */ ([
      { name: t('console.figures.opened'), look: 'two', values: values('opened') }, { name: t('console.figures.left'), look: 'one', values: values('left') },
    ]);
    const name = t('console.figures.cases');
    const label = t('console.figures.chart-cases', { opened: number(figures.opened), left: number(figures.left) });
    return this.#card('cases', name, t('console.figures.cases.do'), [this.#legend('bar', series), chart.bars({ width: this.#wide(), label, days: this.#days(), series, isTime: false, write: number })],
      [t('console.figures.day'), t('console.figures.opened'), t('console.figures.left'), t('console.figures.late')],
      figures.days.filter((/** @type {any} */ day) => day.opened + day.left + day.late > 0).map((/** @type {any} */ day) => [day.day, number(day.opened), number(day.left), number(day.late)]));
  }

  /** Names with a bar across each. @param {{ name: string, text: string, parts: { value: number, look: string }[] }[]} rows */
  #ranked(rows) {
    const whole = (/** @type {any} */ row) => row.parts.reduce((/** @type {number} */ all, /** @type {any} */ part) => all + part.value, 0);
    const most = Math.max(...rows.map(whole), 1);
    return h('ol', { class: 'ranked' }, ...rows.slice(0, DRAWN_MAX).map((row) => h('li', null, h('span', { class: 'who' }, row.name), h('span', { class: 'small' }, row.text), chart.across(row.parts, most))));
  }

  #name = (/** @type {any} */ one) => one.name ?? say.party(one.party, this.app.place());

  /** @param {any[]} parties */
  #held(parties) {
    const rows = parties.map((one) => [this.#name(one), length(one.held_ms), number(one.cases), length(one.case_median_ms)]);
    const drawn = parties.map((one) => ({ name: this.#name(one), text: `${length(one.held_ms)} · ${cases(one.cases)}`, parts: [{ value: one.held_ms, look: 'held' }] }));
    return this.#card('held', t('console.figures.held'), t('console.figures.held.do'), [this.#ranked(drawn)], [t('console.figures.party'), t('console.figures.time'), t('console.figures.count'), t('console.figures.per-case')], rows);
  }

  /** @param {any[]} parties */
  #promises(parties) {
    const sorted = parties.toSorted((a, b) => b.late - a.late);
    const parts = (/** @type {any} */ one) => [{ value: one.late, look: 'late' }, { value: one.in_time, look: 'kept' }];
    const drawn = sorted.map((one) => ({ name: this.#name(one), text: t('console.figures.kept-of', { late: number(one.late), kept: number(one.in_time) }), parts: parts(one) }));
    return this.#card('promises', t('console.figures.promises'), t('console.figures.promises.do'), [this.#ranked(drawn)],
      [t('console.figures.party'), t('console.figures.kept'), t('console.figures.late'), t('console.figures.late-open'), t('console.figures.late-by')],
      sorted.map((one) => [this.#name(one), number(one.in_time), number(one.late), number(one.late_open), one.late_by.count > 0 ? length(one.late_by.median_ms) : '–']));
  }

  /** @param {any[]} steps */
  #steps(steps) {
    const parts = (/** @type {any} */ one) => [{ value: one.late, look: 'late' }, { value: one.in_time, look: 'kept' }];
    const drawn = steps.map((one) => ({ name: word('need', one.code), text: t('console.figures.kept-of', { late: number(one.late), kept: number(one.in_time) }), parts: parts(one) }));
    return this.#card('steps', t('console.figures.steps'), t('console.figures.steps.do'), [this.#ranked(drawn)],
      [t('console.figures.step'), t('console.figures.kept'), t('console.figures.late'), t('console.figures.late-by')],
      steps.map((one) => [word('need', one.code), number(one.in_time), number(one.late), one.late_by.count > 0 ? length(one.late_by.median_ms) : '–']));
  }

  /** @param {any[]} asked */
  #answers(asked) {
    const some = asked.filter(({ answers }) => answers.in_time + answers.late + answers.open > 0);
    const name = (/** @type {any} */ one) => t('console.figures.asked', { party: this.#name(one), subject: one.subject === 'complaint' ? t('console.figures.complaint') : t('console.figures.question') });
    const counts = some.map((one) => ({ name: name(one), ...judged(one.answers) }));
    const parts = (/** @type {any} */ one) => [{ value: one.late, look: 'late' }, { value: one.open, look: 'waits' }, { value: one.inTime, look: 'kept' }];
    const drawn = counts.map((one) => ({ name: one.name, text: t('console.figures.answers-of', { kept: number(one.inTime), late: number(one.late), open: number(one.open) }), parts: parts(one) }));
    return this.#card('answers', t('console.figures.answers'), t('console.figures.answers.do'), [this.#ranked(drawn)],
      [t('console.figures.party'), t('console.figures.kept'), t('console.figures.answered-late'), t('console.figures.unanswered'), t('console.figures.overdue')],
      counts.map((one) => [one.name, number(one.inTime), number(one.late - one.overdue), number(one.unanswered), number(one.overdue)]));
  }
}
