/** The worklist: what waits for this party, then every open case; only the rows that are seen are drawn. */

import { h, icon, replace } from '../lib/dom.js';
import * as format from '../lib/format.js';
import * as i18n from '../lib/i18n.js';
import * as ids from '../lib/ids.js';
import * as actions from './actions.js';
import * as forms from './forms.js';
import * as say from './say.js';
import * as state from './state.js';

const { t, word } = i18n;

/** Lines asked for at once; the node gives up to 200. */
const PAGE = 100;

/** Rows drawn above and below what is seen. */
const MARGIN = 12;

/**
 * Rest between what is typed and the search, and between events and the look at what they changed, in ms. The latter is by chance up to
 * twice as long: many screens hear of the same event.
 */
const TYPED_MS = 120;
const NEWS_MS = 250;

/** Cases asked for one by one after news; for more, the loaded pages are asked for anew. */
const ONE_BY_ONE_MAX = 16;

/** Most pages that are asked for anew: what is loaded behind them goes, and comes again when it is scrolled to. */
const ANEW_PAGES_MAX = 10;

/** Whether a case can be asked for by this. @param {string} sought */
const isSubject = (sought) => ids.container(sought) === null || ids.caseCode(format.caseCode(sought)) === null;

export class Worklist {
  list = state.EMPTY;
  query = '';
  isMine = false;
  /** @type {Set<string>} */
  picked = new Set();
  /** @type {Map<string, { row: HTMLElement, look: string }>} */
  #rows = new Map();
  #at = 0;
  /** @type {Set<string>} */
  #dirty = new Set();
  #asked = new AbortController();
  #isLoading = false;
  #news = 0;
  #typed = 0;
  #lines = /** @type {state.Line[]} */ ([]);
  #failed = /** @type {unknown} */ (null);

  /** @param {any} app */
  constructor(app) {
    this.app = app;
  }

  title = () => t('console.worklist');

  /** @param {HTMLElement} main */
  mount(main) {
    this.main = main;
    this.body = h('tbody', { id: 'rows' });
    // No colspan: it would make room for columns that a narrow screen leaves out.
    this.above = h('td');
    this.below = h('td');
    this.bar = h('div', { class: 'bulk', role: 'region', 'aria-label': t('console.bulk'), hidden: true });
    this.status = h('p', { class: 'small soft', role: 'status', id: 'list-status' });
    this.nothing = h('div', { class: 'nothing' });
    this.past = h('div');
    const spacer = (/** @type {HTMLElement} */ cell) => h('tbody', { class: 'spacer', 'aria-hidden': 'true' }, h('tr', null, cell));
    const head = (/** @type {string} */ text, /** @type {string} */ name) => h('th', { scope: 'col', class: name }, text);
    this.table = h('table', { class: 'table cases', 'aria-label': t('console.worklist') },
      h('thead', null, h('tr', null,
        h('td', { class: 'pick' }, this.#pickAll()),
        head(t('field.container'), 'container'), head(t('console.col.needs'), 'waits'), head(t('console.col.lights'), 'three-of'), head(t('field.slot'), 'slot'),
        head(t('field.plate'), 'plate'), head(t('field.bill'), 'bill'), head(t('console.col.since'), 'since'))),
      spacer(this.above), this.body, spacer(this.below));
    replace(main, h('h1', { id: 'title', class: 'only-read', tabindex: '-1' }, t('console.worklist')), this.#tools(), this.bar, this.nothing, this.table, this.status, this.past);
    this.#rows.clear();
    this.onscroll = () => requestAnimationFrame(() => this.#draw());
    addEventListener('scroll', this.onscroll, { passive: true });
    addEventListener('resize', this.onscroll);
    this.clock = setInterval(() => this.#show(), 30_000);
    this.#show();
    // Leaving the page has ended what was asked for.
    this.#asked = new AbortController();
    if (this.list === state.EMPTY) void this.#load();
    else this.#hear();
  }

  /** Somebody comes back from a case: to its row. @param {string} code */
  returned(code) {
    const at = this.#lines.findIndex((line) => line.code === code);
    if (at >= 0) this.#focus(at);
    else document.getElementById('search')?.focus();
  }

  unmount() {
    removeEventListener('scroll', /** @type {any} */ (this.onscroll));
    removeEventListener('resize', /** @type {any} */ (this.onscroll));
    clearInterval(this.clock);
    clearTimeout(this.#news);
    this.#news = 0;
    this.#asked.abort();
    this.main = undefined;
  }

  #tools() {
    const search = h('input', {
      type: 'search', id: 'search', value: this.query, autocomplete: 'off', spellcheck: 'false', placeholder: t('console.search.hint'), 'aria-label': t('console.search'),
      'aria-keyshortcuts': '/',
      oninput: (/** @type {any} */ event) => {
        this.query = event.target.value;
        clearTimeout(this.#typed);
        this.#typed = window.setTimeout(() => this.#load(), TYPED_MS);
      },
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#searchKey(event),
    });
    const side = (/** @type {boolean} */ isMine, /** @type {string} */ id, /** @type {string} */ text) => h('button', {
      class: 'button quiet', type: 'button', id, 'aria-pressed': String(this.isMine === isMine), onclick: () => {
        this.isMine = isMine;
        for (const other of this.main?.querySelectorAll('.sides button') ?? []) other.setAttribute('aria-pressed', String(other.id === id));
        void this.#load();
      },
    }, text, ' ', h('span', { class: 'count', id: `${id}-count` }));
    return h('div', { class: 'tools' },
      h('div', { class: 'search' }, icon('search'), search),
      h('div', { class: 'sides', role: 'group', 'aria-label': t('console.worklist') }, side(false, 'all', t('console.all')), side(true, 'mine', t('console.mine'))),
...this.#openings(''));
  }

  /** What can be said of a container that is in no case here: customs and terminal often speak first. @param {string} container */
  #openings(container) {
    return actions.opening(this.app.who()).map((action) => h('button', {
      class: `button ${action.tone === 'primary' ? 'primary' : ''}`, type: 'button', id: `new-${action.id}`,
      onclick: () => forms.openAction(this.app, action, actions.contextOfNew(this.app.who(), { ...this.app.more(), container }), () => this.#hear()),
    }, icon('plus'), t(action.title)));
  }

  #pickAll() {
    return h('input', { type: 'checkbox', id: 'pick-all', 'aria-label': t('console.pick-all'), hidden: actions.bulk(this.app.who()).length === 0, onchange: (/** @type {any} */ event) => {
      this.picked = new Set(event.target.checked ? this.#lines.map((line) => line.code) : []);
      this.#show();
    } });
  }

  /** @param {KeyboardEvent} event */
  #searchKey(event) {
    if (event.key === 'Enter') {
      event.preventDefault();
      clearTimeout(this.#typed);
      void this.#load().then(() => {
        const line = state.named(this.list, this.query);
        const sought = state.plain(this.query);
        if (line && sought) this.app.go(`#/case/${line.code}`);
        // A case that closed long ago is on no list, but has its code.
        else if (!line && this.#lines.length === 0 && isSubject(sought)) this.app.go(`#/case/${sought}`);
      });
    }
    if (event.key === 'Escape' && this.query) {
      event.preventDefault();
      this.query = /** @type {any} */ (event.target).value = '';
      void this.#load();
    }
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      this.#focus(0);
    }
  }

  /** Keys of the whole page. @param {KeyboardEvent} event @returns {boolean} whether it was one */
  key(event) {
    if (event.key === 'j' || event.key === 'ArrowDown') this.#focus(this.#at + (this.#isInRow() ? 1 : 0));
    else if (event.key === 'k' || event.key === 'ArrowUp') this.#focus(this.#at - 1);
    else if (event.key === 'Home' && this.#isInRow()) this.#focus(0);
    else if (event.key === 'End' && this.#isInRow()) this.#focus(this.#lines.length - 1);
    else if (event.key === 'x' && this.#isInRow()) this.#pick(this.#lines[this.#at]?.code);
    else if (event.key === 'Escape' && this.picked.size > 0) {
      this.picked.clear();
      this.#show();
    } else return false;
    return true;
  }

  #isInRow = () => Boolean(document.activeElement?.closest('#rows'));

  /** @param {number} at */
  #focus(at) {
    if (this.#lines.length === 0) return;
    this.#at = Math.max(0, Math.min(this.#lines.length - 1, at));
    const top = /** @type {HTMLElement} */ (this.body).getBoundingClientRect().top - this.#offset() + this.#at * this.#height();
    const bar = document.getElementById('bar')?.offsetHeight ?? 0;
    const head = bar + 2 * this.#height();
    if (top < head) scrollBy(0, top - head);
    if (top + this.#height() > innerHeight) scrollBy(0, top + 2 * this.#height() - innerHeight);
    this.#draw();
    document.getElementById(`case-${this.#lines[this.#at].code}`)?.focus({ preventScroll: true });
  }

  /** @param {string | undefined} code */
  #pick(code) {
    if (!code) return;
    if (!this.picked.delete(code)) this.picked.add(code);
    this.#show();
  }

  /** The first page, anew. */
  async #load() {
    this.#asked.abort();
    this.#asked = new AbortController();
    const { signal } = this.#asked;
    this.#isLoading = false;
    try {
      const page = await this.app.api.cases(this.#of(), signal);
      if (signal.aborted) return;
      this.#failed = null;
      this.list = state.begun(page);
      this.#at = 0;
    } catch (error) {
      if (signal.aborted) return;
      this.#failed = error;
    }
    this.#show();
    if (!this.list.complete && !this.#failed) this.#hear();
  }

  #of = (/** @type {string | undefined} */ after = undefined) => ({ q: this.query, mine: this.isMine ? '1' : '', after, limit: String(PAGE) });

  async #more() {
    if (this.#isLoading || !this.list.next) return;
    this.#isLoading = true;
    const { signal } = this.#asked;
    try {
      const page = await this.app.api.cases(this.#of(this.list.next), signal);
      if (!signal.aborted) this.list = state.longer(this.list, page);
    } catch (error) {
      if (!signal.aborted) console.warn(error);
    }
    if (signal.aborted) return;
    this.#isLoading = false;
    this.#show();
  }

  /** What happened, as the node tells it. @param {string} name @param {any} event */
  happened(name, event) {
    if (event.case) this.#dirty.add(event.case);
    if (name === 'board' || name === 'missed') this.#hear();
  }

  #hear() {
    if (this.#news) return;
    this.#news = window.setTimeout(async () => {
      await this.#anew().catch((error) => !this.#asked.signal.aborted && console.warn(error));
      this.#news = 0;
      if (this.#dirty.size > 0 || !this.list.complete) this.#hear();
    }, NEWS_MS * (1 + Math.random()));
  }

  /** The list as it is now: a few cases by name, or the pages that are loaded. */
  async #anew() {
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    const { signal } = this.#asked;
    const first = await this.app.api.cases(this.#of(), signal);
    let list = state.begun(first);
    const isFew = dirty.length > 0 && dirty.length <= ONE_BY_ONE_MAX;
    if (isFew && first.next !== null && this.list.lines.length > first.cases.length) {
      // The first page is known; what was loaded behind it stays, but for what the events named.
      list = { ...state.longer(list, { ...first, cases: this.list.lines.filter((line) => !list.lines.some((one) => one.code === line.code)) }), next: this.list.next };
      for (const code of dirty.filter((one) => !first.cases.some((/** @type {any} */ line) => line.code === one))) {
        const { cases } = await this.app.api.cases({ q: code, mine: this.isMine ? '1' : '', limit: '1' }, signal);
        const isOfQuery = cases[0]?.code === code && (this.query === '' || list.lines.some((line) => line.code === code));
        list = state.changed(list, code, isOfQuery ? cases[0] : null);
      }
    } else {
      const pages = Math.min(ANEW_PAGES_MAX, Math.ceil(this.list.lines.length / PAGE));
      for (let i = 1; i < pages && list.next; i++) list = state.longer(list, await this.app.api.cases(this.#of(list.next), signal));
    }
    if (signal.aborted) return;
    this.#failed = null;
    this.list = list;
    this.#show();
  }

  #show() {
    if (!this.main) return;
    const focused = document.activeElement?.closest('tr.case')?.getAttribute('data-code');
    this.#lines = state.shown(this.list, this.app.now());
    const known = new Set(this.#lines.map((line) => line.code));
    for (const code of this.picked) if (!known.has(code)) this.picked.delete(code);
    const count = (/** @type {string} */ id, /** @type {number} */ n) => {
      const place = document.getElementById(`${id}-count`);
      if (place) place.textContent = String(n);
    };
    count('all', this.list.open);
    count('mine', this.list.mine);
    if (focused) this.#at = Math.max(0, this.#lines.findIndex((line) => line.code === focused));
    this.#showNothing();
    this.#showClosed();
    this.#showBulk();
    this.#draw();
  }

  /** Who is overdue in the open cases, and how often. */
  #overdue() {
    const all = Object.entries(this.list.overdue).sort(([, a], [, b]) => b - a);
    return all.length > 0 && t('console.list.overdue', { list: all.map(([who, n]) => `${say.party(who, this.app.place())} ${n}`).join(', ') });
  }

  #showNothing() {
    const isEmpty = this.#lines.length === 0;
    /** @type {HTMLElement} */ (this.table).hidden = isEmpty;
    /** @type {HTMLElement} */ (this.status).textContent = isEmpty ? '' : [t('console.list.status', { shown: this.#lines.length, open: this.list.open }), this.#overdue()].filter(Boolean).join(' · ');
    /** @type {Node[]} */
    let content = [];
    if (this.#failed) content = [forms.refusal(this.#failed)];
    else if (isEmpty && this.list === state.EMPTY) content = [h('p', { class: 'soft', role: 'status' }, t('ui.loading'))];
    else if (isEmpty && !this.list.complete) content = [h('p', { class: 'soft', role: 'status' }, t('console.list.reading'))];
    else if (isEmpty && this.list.closed.length > 0) content = [h('p', { class: 'soft', role: 'status' }, t('console.list.not-found'))];
    else if (isEmpty) {
      const isSought = this.query.trim() !== '';
      content = [h('div', { class: 'quiet-page', role: 'status' }, icon('box'), h('h2', null, isSought ? t('console.list.not-found') : t('console.list.empty')), h('p', null, isSought ? t('console.list.not-found.do') : t('console.list.empty.do')),
        isSought && h('a', { class: 'button', id: 'ask-case', href: `#/case/${encodeURIComponent(state.plain(this.query))}` }, t('console.list.closed')))];
    }
    /** @type {HTMLElement} */ (this.nothing).replaceChildren(...content);
  }

  /** Closed cases that were found: for looking, not for working through. */
  #showClosed() {
    const { closed, hasMoreClosed } = this.list;
    const place = this.app.place();
    const rows = closed.map((line) => h('tr', { 'data-closed': line.code },
      h('td', { class: 'container' }, h('a', { id: `closed-${line.code}`, class: 'code', href: `#/case/${line.code}` }, format.container(line.container)), ' ', h('span', { class: 'code soft' }, line.code)),
      h('td', { class: 'code' }, line.plate), h('td', null, line.driver), h('td', null, say.time(line.left_at, place))));
    const head = (/** @type {string} */ text) => h('th', { scope: 'col' }, text);
    /** @type {HTMLElement} */ (this.past).replaceChildren(...(rows.length === 0 ? [] : [h('div', { class: 'stack closed' },
      h('h2', { id: 'closed' }, t('console.list.left')),
      h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-labelledby': 'closed' }, h('table', { class: 'table', 'aria-labelledby': 'closed' },
        h('thead', null, h('tr', null, head(t('field.container')), head(t('field.plate')), head(word('role', 'driver')), head(t('share.left-at')))),
        h('tbody', null, rows))),
      hasMoreClosed && h('p', { class: 'soft small' }, t('console.list.left-more')))]));
  }

  #showBulk() {
    const bar = /** @type {HTMLElement} */ (this.bar);
    const can = actions.bulk(this.app.who());
    bar.hidden = this.picked.size === 0 || can.length === 0;
    const all = /** @type {HTMLInputElement | null} */ (document.getElementById('pick-all'));
    if (all) all.checked = this.picked.size > 0 && this.picked.size === this.#lines.length;
    if (bar.hidden) return bar.replaceChildren();
    const of = (/** @type {state.Line} */ line) => actions.contextOfLine(line, this.app.who(), this.app.more());
    replace(bar, h('b', null, i18n.plural('console.picked', this.picked.size)), ...can.map((action) => h('button', {
      class: 'button', type: 'button', id: `bulk-${action.id}`, onclick: () => {
        const lines = this.#lines.filter((line) => this.picked.has(line.code));
        forms.openBulk(this.app, action, lines, this.app.more(), of, () => this.#hear());
      },
    }, t(action.title))), h('button', { class: 'button quiet', type: 'button', id: 'unpick', onclick: () => {
      this.picked.clear();
      this.#show();
    } }, t('console.unpick')));
  }

  /** Height of a row, as the style sheet has it. */
  #height() {
    const first = this.body?.firstElementChild;
    return first instanceof HTMLElement && first.offsetHeight > 0 ? first.offsetHeight : 40;
  }

  #offset = () => /** @type {HTMLElement} */ (this.above).offsetHeight;

  /** Draws the rows that are seen: only those that are new or look otherwise are made. */
  #draw() {
    if (!this.main || !this.body) return;
    const height = this.#height();
    const top = -(this.body.getBoundingClientRect().top - this.#offset());
    const { from, until } = state.drawn({ top: Math.max(0, top), height: innerHeight }, height, this.#lines.length, MARGIN);
    const focused = document.activeElement?.id;
    const rows = this.#lines.slice(from, until).map((line, i) => this.#row(line, from + i));
    const kept = new Set(this.#lines.slice(from, until).map((line) => line.code));
    for (const code of [...this.#rows.keys()]) if (!kept.has(code)) this.#rows.delete(code);
    place(this.body, rows);
    if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
    /** @type {HTMLElement} */ (this.above).style.blockSize = `${from * height}px`;
    /** @type {HTMLElement} */ (this.below).style.blockSize = `${(this.#lines.length - until) * height}px`;
    this.table?.setAttribute('aria-rowcount', String(this.list.next ? -1 : this.#lines.length + 1));
    if (until >= this.#lines.length - MARGIN) void this.#more();
  }

  /** @param {state.Line} line @param {number} at */
  #row(line, at) {
    const now = this.app.now();
    const isUrgent = state.isUrgent(line, now);
    const isPicked = this.picked.has(line.code);
    const since = format.age(Date.parse(line.opened_at), now, i18n.locale());
    const look = JSON.stringify([line, isUrgent, isPicked, since, i18n.language()]);
    const known = this.#rows.get(line.code);
    if (known?.look === look) {
      known.row.setAttribute('aria-rowindex', String(at + 2));
      return known.row;
    }
    const row = h('tr', { class: `case${line.waits_for_me ? ' mine' : ''}${isUrgent ? ' urgent' : ''}${isPicked ? ' picked' : ''}`, 'data-code': line.code, 'aria-rowindex': at + 2 }, ...this.#cells(line, { isUrgent, isPicked, since }));
    row.addEventListener('click', (event) => {
      const target = /** @type {Element} */ (event.target);
      if (!target.closest('a, input, .pick') && getSelection()?.isCollapsed !== false) this.app.go(`#/case/${line.code}`);
    });
    this.#rows.set(line.code, { row, look });
    return row;
  }

  /** @param {state.Line} line @param {any} how */
  #cells(line, { isUrgent, isPicked, since }) {
    const number = format.container(line.container);
    const own = line.needs.find((need) => this.app.isMe(need.owed_by)) ?? line.needs[0];
    const place = this.app.place();
    const others = line.needs.length - 1;
    const asked = line.questions_for_me > 0 && h('span', { class: 'badge wait asked' }, icon('pen'), i18n.plural('console.questions.for-us', line.questions_for_me));
    const late = line.overdue && h('span', { class: 'badge stop late' }, icon('warning'), t('share.overdue'));
    const isPickable = actions.bulk(this.app.who()).length > 0;
    return [
      h('td', { class: 'pick' }, isPickable && h('input', { type: 'checkbox', id: `pick-${line.code}`, 'aria-label': t('console.pick', { container: number }), checked: isPicked, onchange: () => this.#pick(line.code) })),
      h('td', { class: 'container' }, h('a', { id: `case-${line.code}`, class: 'code', href: `#/case/${line.code}` }, number), h('span', { class: 'code soft' }, line.code)),
      h('td', { class: 'waits' }, own
        ? [late, asked, h('span', { class: 'need-text' }, say.need(own.code)), h('span', { class: 'who' }, this.app.isMe(own.owed_by) ? h('b', null, t('console.you')) : say.party(own.owed_by, place), others > 0 && ` +${others}`)]
        : [late, asked, h('span', { class: 'badge go' }, icon('check'), line.admitted ? t('console.admitted') : line.pass ? t('console.pass-there') : t('console.nothing-missing'))]),
      h('td', { class: 'three-of' }, lights(line.lights)),
      h('td', { class: 'slot' }, line.slot && h('span', { class: isUrgent ? 'badge wait' : '' }, isUrgent && icon('clock'), say.window(line.slot, place))),
      h('td', { class: 'plate code' }, line.plate),
      h('td', { class: 'bill code' }, line.bills[0], line.bills.length > 1 && ` +${line.bills.length - 1}`),
      h('td', { class: 'since' }, since),
    ];
  }
}

/** Icon of a light's colour. @param {string} colour */
export function lightOf(colour) {
  if (colour === 'green') return { tone: 'go', image: icon('check') };
  if (colour === 'overridden') return { tone: 'passed-over', image: icon('warning') };
  return colour === 'red' ? { tone: 'stop', image: icon('cross') } : { tone: 'wait', image: icon('clock') };
}

/** Three lights in little room; a word each for who does not see them. @param {Record<string, string>} colours */
function lights(colours) {
  return h('ul', { class: 'three' }, ...['commercial', 'customs', 'terminal'].map((light) => {
    const { tone, image } = lightOf(colours[light]);
    const text = `${word('light', light)}: ${lightWord(colours[light])}`;
    return h('li', { class: tone, title: text }, image, h('span', { class: 'only-read' }, text));
  }));
}

/** @param {string} colour */
export const lightWord = (colour) => (i18n.has(`light-state.${colour}`) ? word('light-state', colour) : t('console.light-unknown'));

/** Puts rows in order, touching only what is not where it belongs. @param {HTMLElement} body @param {HTMLElement[]} rows */
function place(body, rows) {
  const wanted = new Set(rows);
  for (const child of [...body.children]) if (!wanted.has(/** @type {HTMLElement} */ (child))) child.remove();
  rows.forEach((row, i) => {
    if (body.children[i] !== row) body.insertBefore(row, body.children[i] ?? null);
  });
}
