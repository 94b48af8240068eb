/** One case: one list of what it needs, one timeline of who signed, and what this person can do about it. */

import { h, icon, replace } from '../lib/dom.js';
import * as format from '../lib/format.js';
import * as i18n from '../lib/i18n.js';
import { behind } from '../lib/need.js';
import { draw } from '../lib/qr.js';
import * as actions from './actions.js';
import { Problem } from './api.js';
import { save } from './files.js';
import * as forms from './forms.js';
import { section as clocks } from './clocks.js';
import { section as questions } from './questions.js';
import * as say from './say.js';
import { openShares } from './share.js';
import { facts } from './state.js';
import { lightOf, lightWord } from './worklist.js';

const { t, word } = i18n;

/** Rest between an event of the case and the look at it, in ms: what comes together is looked at once. */
const NEWS_MS = 120;

export class CasePage {
  subject = /** @type {any} */ (null);
  #news = 0;
  #asked = new AbortController();
  /** @type {Set<string>} */
  #open = new Set();
  /** Whether the terminal's routine messages are shown too. */
  #isWhole = false;
  /** Steps there were when the page was opened: later ones are shown as new. */
  #known = /** @type {Set<string> | null} */ (null);

  /** @param {any} app @param {string} name case code or container */
  constructor(app, name) {
    this.app = app;
    this.name = name;
  }

  title = () => (this.subject ? format.container(this.subject.container) : this.name);

  /** @param {HTMLElement} main */
  mount(main) {
    this.main = main;
    replace(main, h('p', { class: 'soft', role: 'status' }, t('ui.loading')));
    this.clock = setInterval(() => this.#load(), 60_000);
    void this.#load();
  }

  unmount() {
    clearInterval(this.clock);
    clearTimeout(this.#news);
    this.#asked.abort();
    this.main = undefined;
  }

  /** @param {string} name @param {any} event */
  happened(name, event) {
    const isMine = event.case && event.case === this.subject?.code;
    if (!isMine && name !== 'missed') return;
    clearTimeout(this.#news);
    this.#news = window.setTimeout(() => this.#load(), NEWS_MS);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const first = this.main?.querySelector('.acts button');
    if (event.key === 'a' && first instanceof HTMLElement) first.focus();
    else if (event.key === 'Escape') this.app.go('#/');
    else if (/^[1-9]$/.test(event.key)) {
      const button = this.main?.querySelectorAll('.acts button')[Number(event.key) - 1];
      if (!(button instanceof HTMLElement)) return false;
      button.focus();
      button.click();
    } else return false;
    return true;
  }

  async #load() {
    this.#asked.abort();
    this.#asked = new AbortController();
    const { signal } = this.#asked;
    try {
      const subject = await this.app.api.case(this.name, signal);
      if (signal.aborted) return;
      this.subject = subject;
      this.#known ??= new Set(subject.timeline.map((/** @type {any} */ step) => step.id));
      this.#show();
      this.app.titled(this);
    } catch (error) {
      if (signal.aborted || !this.main) return;
      if (this.subject && error instanceof Problem && error.code === 'unreachable') return;
      replace(this.main, this.#back(), forms.refusal(error));
    }
  }

  #back = () => h('a', { class: 'button quiet back', href: '#/', id: 'back' }, icon('back'), t('console.worklist'));

  #show() {
    if (!this.main) return;
    const c = this.subject;
    replace(this.main,
      h('div', { class: 'head' }, this.#back(),
        h('div', { class: 'name' },
          h('h1', { id: 'title', class: 'code', tabindex: '-1' }, format.container(c.container)),
          h('p', { class: 'row' }, h('span', { class: 'code', id: 'case-code' }, c.code), c.state === 'closed' && h('span', { class: 'badge' }, t('console.closed')), h('span', { class: 'soft' }, say.party(c.terminal, this.app.place())))),
        h('div', { class: 'row side' }, this.#share(), this.#print(), this.#export())),
      c.part && h('p', { class: 'note small' }, h('span', null, t('console.part'))),
      this.#lights(),
      this.#acts(),
      h('div', { class: 'columns' },
        h('div', { class: 'stack' }, this.#needs(), questions(this.app, this.subject, () => this.#load()), clocks(this.app, this.subject), this.#facts(), this.#paper()),
        this.#timeline()));
  }

  #share = () => this.app.may('share') && h('button', { class: 'button quiet', type: 'button', id: 'share', onclick: () => openShares(this.app, this.subject) }, icon('link'), t('console.share'));

  #print = () => h('button', { class: 'button quiet', type: 'button', id: 'print', onclick: () => print() }, t('console.print'));

  #export() {
    if (this.subject.part) return false;
    return h('button', { class: 'button quiet', type: 'button', id: 'export', onclick: async () => {
      try {
        save(await this.app.api.evidence(this.subject.code), `${this.subject.code}.landside`);
      } catch (error) {
        this.main?.querySelector('.head')?.after(forms.refusal(error));
      }
    } }, icon('seal'), t('console.export'));
  }

  #lights() {
    const { lights } = this.subject;
    return h('ul', { class: 'lights', 'aria-label': t('console.col.lights') }, ...['commercial', 'customs', 'terminal'].map((light) => {
      const { tone, image } = lightOf(lights[light]);
      return h('li', { class: tone, 'data-light': light }, image, word('light', light), ' ', h('b', null, lightWord(lights[light])));
    }));
  }

  #acts() {
    const me = this.app.who();
    const can = actions.possible(this.subject, me, this.app.more());
    if (can.length === 0) return false;
    return h('section', { class: 'acts', 'aria-label': t('console.actions') }, ...can.map((action, i) => h('button', {
      class: `button ${action.tone ?? ''}`, type: 'button', id: `act-${action.id}`, 'aria-keyshortcuts': i < 9 ? String(i + 1) : null,
      onclick: () => this.#act(action),
    }, t(action.title))));
  }

  /** @param {any} action */
  async #act(action) {
    const more = action.id === 'bind' ? { ...this.app.more(), drivers: await this.app.drivers() } : this.app.more();
    forms.openAction(this.app, action, actions.context(this.subject, this.app.who(), more), () => this.#load());
  }

  #needs() {
    const { needs, state } = this.subject;
    const place = this.app.place();
    const content = needs.length === 0
      ? [h('p', { class: 'note go' }, icon('check'), h('span', null, state === 'closed' ? t('console.left') : t('console.nothing-missing')))]
      : [h('ul', { class: 'needs' }, ...needs.map((/** @type {any} */ need) => {
        const isMine = this.app.isMe(need.owed_by);
        const isStop = STOPS.has(need.code);
        const more = behind(need, { time: (at) => say.time(at, place), rolesOf: (who) => this.app.parties.get(who)?.roles });
        return h('li', { class: `need ${isStop ? 'stop' : 'wait'}`, 'data-need': need.code }, icon(isStop ? 'cross' : 'clock'), h('div', null,
          h('b', null, say.need(need.code)),
          h('p', null, t('ui.owed-by', { who: isMine ? t('console.us') : say.party(need.owed_by, place) }), more.flatMap((one) => [' · ', one]), need.promised_at && ` · ${t('share.promised', { time: say.time(need.promised_at, place) })}`),
          need.overdue && h('span', { class: 'badge stop', 'data-overdue': need.code }, icon('warning'), t('share.overdue'))));
      }))];
    return h('section', { class: 'card stack', 'aria-labelledby': 'needs' }, h('h2', { id: 'needs' }, t('console.needs')), ...content, this.#done());
  }

  /** What is there already: the other side of the one list. */
  #done() {
    const c = this.subject;
    const place = this.app.place();
    const rows = [
      ...['commercial', 'customs', 'terminal'].filter((light) => ['green', 'overridden'].includes(c.lights[light])).map((light) => `${word('light', light)}: ${lightWord(c.lights[light])}`),
      c.driver && `${t('field.plate')} ${c.driver.plate}${c.driver.name ? ` · ${c.driver.name}` : ''}`,
      c.slot.state === 'granted' && `${t('field.slot')} ${say.window(c.slot, place)}`,
      c.pass && t('console.pass-there'),
    ].filter(Boolean);
    return rows.length > 0 && h('ul', { class: 'needs there', 'aria-label': t('console.there') }, ...rows.map((text) => h('li', { class: 'need done' }, icon('check'), h('div', null, text))));
  }

  #facts() {
    const c = this.subject;
    const place = this.app.place();
    const known = facts(c);
    const row = (/** @type {string} */ name, /** @type {any} */ ...value) => h('div', null, h('dt', null, name), h('dd', null, ...value));
    const chain = c.right?.hops.map((/** @type {any} */ hop) => say.party(hop.holder, place));
    const rows = [
      ...known.releases.map((/** @type {any} */ r) => row(t('field.bill'), h('span', { class: 'code' }, r.bill), ' · ', word('release-state', r.state), r.agent && [' · ', say.signer({ issuer: r.line, agent: r.agent }, place)], r.terms && [' · ', t('console.say.until', { time: say.time(r.terms.valid_until, place) })])),
      ...known.customs.map((/** @type {any} */ s) => row(word('light', 'customs'), h('span', { class: 'code' }, s.consignment), ' · ', word('customs-status', s.status))),
      chain && row(t('console.chain'), chain.join(' → ')),
      c.driver && row(t('console.truck'), h('span', { class: 'code' }, c.driver.plate), c.driver.name && ` · ${c.driver.name}`),
      c.slot.from && row(t('field.slot'), say.window(c.slot, place), c.slot.state === 'asked' && ` · ${t('need.slot-unanswered')}`),
      c.pass && row(word('kind', 'pickup-pass'), say.window({ from: c.pass.not_before, until: c.pass.expires }, place)),
      c.box.size_type && row(t('field.size-type'), c.box.size_type),
      c.box.position && row(t('field.position'), c.box.position),
      c.box.discharged_at && row(t('console.field.discharged'), say.time(c.box.discharged_at, place)),
      ...(c.box.empty_return ?? []).map((/** @type {any} */ to) => row(t('field.depot'), to.depot, to.reference && ` · ${to.reference}`)),
      ...c.overrides.map((/** @type {any} */ o) => row(word('kind', 'override'), say.sentence('override', { ...o, valid_until: o.until }, place))),
      ...(c.sealed ?? []).filter((/** @type {any} */ s) => s.value).map((/** @type {any} */ s) => row(word('sealed', s.field), String(s.value))),
    ].filter(Boolean);
    return rows.length > 0 && h('section', { class: 'card', 'aria-label': t('console.facts') }, h('dl', { class: 'facts two' }, ...rows));
  }

  /** The case code on paper, and for a scanner at another counter. */
  #paper() {
    return h('section', { class: 'card on-paper paper', 'aria-label': t('field.case-code') },
      h('div', null, h('p', { class: 'small' }, t('field.case-code')), h('p', { class: 'case-code' }, h('span', { class: 'code' }, this.subject.code)), h('p', { class: 'code box' }, format.container(this.subject.container)), h('p', null, say.party(this.subject.terminal, this.app.place()))),
      draw(this.subject.code, t('console.qr')));
  }

  #timeline() {
    const place = this.app.place();
    const all = this.subject.timeline;
    const types = new Map(all.filter((/** @type {any} */ step) => step.kind === 'hold').map((/** @type {any} */ step) => [step.id, step.payload?.hold_type]));
    const minor = all.filter((/** @type {any} */ step) => ROUTINE.has(step.kind)).length;
    const steps = all.filter((/** @type {any} */ step) => this.#isWhole || !ROUTINE.has(step.kind)).reverse();
    // A lift names the hold; people want to read which one that was.
    const said = (/** @type {any} */ step) => {
      if (step.kind === 'hold-lift' && step.payload) return { ...step.payload, hold_type: types.get(step.payload.builds_on) };
      return step.kind === 'driver-binding' && step.payload && step.driver ? { ...step.payload, name: step.driver } : step.payload;
    };
    const by = (/** @type {any} */ step) => (step.driver && step.issuer.startsWith('driver:') ? `${word('role', 'driver')} ${step.driver}` : say.signer(step, place));
    return h('section', { class: 'card stack', 'aria-labelledby': 'timeline' }, h('div', { class: 'row apart' }, h('h2', { id: 'timeline' }, t('console.timeline')),
      minor > 0 && h('button', { class: 'button quiet small', type: 'button', id: 'routine', 'aria-pressed': String(this.#isWhole), onclick: () => {
        this.#isWhole = !this.#isWhole;
        this.#show();
      } }, i18n.plural('console.timeline.routine', minor))),
      steps.length === 0 && h('p', { class: 'soft' }, t('console.timeline.empty')),
      h('ol', { class: 'timeline' }, ...steps.map((step) => h('li', { class: `done${this.#known?.has(step.id) ? '' : ' new'}`, 'data-kind': step.kind },
        h('time', { datetime: step.at }, say.time(step.at, place)),
        h('b', null, say.sentence(step.kind, said(step), place, step.words)),
        h('p', { class: 'small by' }, by(step), step.signed_by && ` · ${step.signed_by.name}`),
        this.#details(step)))));
  }

  /** @param {any} step */
  #details(step) {
    return h('details', { open: this.#open.has(step.id), ontoggle: (/** @type {any} */ event) => {
      if (event.target.open) this.#open.add(step.id);
      else this.#open.delete(step.id);
    } },
    h('summary', { class: 'small soft', id: `step-${step.place}` }, icon('shield'), t('console.verified'), ` · ${word('kind', step.kind)} · `, h('span', { class: 'code' }, `#${step.log}`)),
    h('dl', { class: 'facts small' },
      h('div', null, h('dt', null, t('console.document')), h('dd', { class: 'hash' }, step.id)),
      h('div', null, h('dt', null, t('console.log')), h('dd', null, String(step.log))),
      step.agent && h('div', null, h('dt', null, t('console.agent-message')), h('dd', { class: 'hash' }, step.agent.message)),
      step.signed_by && h('div', null, h('dt', null, t('console.person')), h('dd', null, `${step.signed_by.name} (${step.signed_by.login})`)),
      h('div', null, h('dt', null, t('console.words')), h('dd', { lang: 'en' }, step.words))));
  }
}

/** What a terminal tells the carrying side after every change: seldom what somebody looks for. */
const ROUTINE = new Set(['progress']);

/** Needs that somebody set against the box; the others only have not come yet. */
const STOPS = new Set(['hold', 'release-blocked', 'release-revoked', 'release-expired', 'customs-not-released', 'right-expired', 'slot-over']);
