/** Pages about files: a COREOR to sign, an evidence file to judge. */

import { h, icon, replace } from '../lib/dom.js';
import * as format from '../lib/format.js';
import * as i18n from '../lib/i18n.js';
import { Problem } from './api.js';
import * as csv from './csv.js';
import * as forms from './forms.js';
import { Outcomes, SHOWN_MAX } from './outcomes.js';
import * as say from './say.js';

const { t, word } = i18n;

/** Hands a file to the browser to keep. @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const address = URL.createObjectURL(blob);
  h('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** A place to drop a file, or to choose one. @param {string} text @param {string} accept @param {(file: File) => void} took */
function drop(text, accept, took) {
  const input = h('input', { type: 'file', id: 'file', class: 'only-read', accept, onchange: (/** @type {any} */ event) => {
    const [file] = event.target.files;
    event.target.value = '';
    if (file) took(file);
  } });
  const zone = h('div', { class: 'drop' }, input, h('label', { for: 'file' }, icon('upload'), h('b', null, text), h('span', { class: 'soft' }, t('console.drop.or'))));
  const stop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    zone.classList.toggle('over', event.type === 'dragover');
    const [file] = event.type === 'drop' ? event.dataTransfer?.files ?? [] : [];
    if (file) took(file);
  };
  for (const name of ['dragover', 'dragleave', 'drop']) zone.addEventListener(name, /** @type {any} */ (stop));
  return zone;
}

export class ImportPage {
  #file = /** @type {File | null} */ (null);
  #how = /** @type {Record<string, string>} */ ({});
  #rows = /** @type {any} */ (null);
  #seen = /** @type {any} */ (null);
  #done = /** @type {any} */ (null);
  #outcomes = /** @type {Outcomes | null} */ (null);
  #failed = /** @type {unknown} */ (null);
  #isBusy = false;
  #isSigning = false;
  /** Counts what was asked: a late answer does not take the place of a newer one. */
  #asked = 0;

  /** @param {any} app */
  constructor(app) {
    this.app = app;
  }

  title = () => t('console.import');

  /** @param {HTMLElement} main */
  mount(main) {
    this.main = main;
    this.#show();
  }

  unmount() {
    this.#outcomes?.end();
    this.main = undefined;
  }

  /** @param {File} file */
  #took(file) {
    if (this.#isSigning) return;
    this.#file = file;
    this.#asked++;
    this.#isBusy = false;
    this.#rows = this.#seen = this.#done = this.#failed = null;
    if (/\.(csv|tsv)$/i.test(file.name)) void this.#read(file);
    else void this.#look();
  }

  /** A table of releases is read here: its lines become documents like those of the form. @param {File} file */
  async #read(file) {
    this.#rows = csv.releases(await file.text(), { zone: this.app.me.zone, parties: this.app.parties });
    this.#show();
  }

  #table() {
    const { fault, rows } = /** @type {any} */ (this.#rows);
    if (fault) return h('p', { class: 'note stop', role: 'alert' }, icon('warning'), h('span', null, t(forms.FAULTS[fault])));
    const good = rows.filter((/** @type {any} */ row) => row.fault === '');
    const bad = rows.filter((/** @type {any} */ row) => row.fault !== '');
    const progress = h('progress', { max: good.length, value: 0, hidden: true, 'aria-label': t('console.bulk.progress') });
    const outcomes = this.#follow(good.length);
    const sign = h('button', { class: 'button primary', type: 'button', id: 'sign-file', onclick: () => {
      sign.hidden = true;
      progress.hidden = false;
      const drafts = good.map((/** @type {any} */ row) => ({ container: row.container, drafts: [{ kind: 'release-order', fields: row.fields }] }));
      void forms.each(this.app, drafts, { progress, outcomes }, () => outcomes.list.isConnected);
    } }, icon('pen'), i18n.plural('console.import.sign', good.length));
    return h('section', { class: 'card stack', 'aria-labelledby': 'preview' },
      h('h2', { id: 'preview' }, i18n.plural('console.import.preview', good.length)),
      bad.length > 0 && h('ul', { class: 'results', tabindex: '0', 'aria-label': t('console.import.bad') }, ...bad.slice(0, SHOWN_MAX).map((/** @type {any} */ row) => h('li', { class: 'stop' }, icon('warning'), h('span', { class: 'code' }, format.container(row.container)), ` ${t(forms.FAULTS[row.fault])}`))),
      good.length > 0 && [h('p', { class: 'soft' }, t('console.statement', { party: this.app.me.party_name ?? this.app.me.party })),
        table(good.slice(0, SHOWN_MAX).map((/** @type {any} */ row) => [row.container, say.sentence('release-order', row.said, this.app.place())])),
        h('div', { class: 'actions' }, h('p', { class: 'small soft' }, t('console.signed-by', { name: this.app.me.name })), sign)],
      progress, outcomes.count, outcomes.list);
  }

  /** The results of a file take the place of those of the one before. @param {number} [expected] */
  #follow(expected) {
    this.#outcomes?.end();
    this.#outcomes = new Outcomes(this.app, expected);
    return this.#outcomes;
  }

  /** Asks what would be signed. What was chosen meanwhile is asked anew: nobody signs what was not shown. */
  async #look() {
    if (this.#isSigning) return;
    this.#seen = this.#done = this.#failed = null;
    const how = { ...this.#how };
    await this.#ask({ ...how, preview: '1' }, (said) => { this.#seen = { ...said, how }; });
  }

  async #sign() {
    if (this.#isBusy) return;
    this.#isSigning = true;
    // Before it is asked for: the first answers come before the node has said what it signed.
    const outcomes = this.#follow();
    await this.#ask(this.#seen.how, (said) => {
      this.#done = said;
      for (const line of [...said.issued, ...said.pending]) outcomes.add(line.container ?? '', line);
    });
    this.#isSigning = false;
  }

  /** @param {any} how @param {(said: any) => void} took */
  async #ask(how, took) {
    if (!this.#file) return;
    const mine = ++this.#asked;
    this.#isBusy = true;
    this.#show();
    let failed = /** @type {unknown} */ (null);
    try {
      const said = await this.app.api.import(this.#file, how);
      if (mine === this.#asked) took(said);
    } catch (error) {
      failed = error;
    }
    if (mine !== this.#asked) return;
    this.#failed = failed;
    this.#isBusy = false;
    this.#show();
  }

  #show() {
    if (!this.main) return;
    replace(this.main, h('h1', { id: 'title', tabindex: '-1' }, t('console.import')),
      h('p', { class: 'soft lead' }, t('console.import.lead')),
      drop(t('console.import.drop'), '.edi,.txt,.edifact,.csv,.tsv,text/plain,text/csv', (file) => this.#took(file)),
      this.#rows && this.#table(),
      this.#file && !this.#rows && this.#choices(), this.#isBusy && h('p', { role: 'status' }, t('ui.loading')),
      this.#failed ? forms.refusal(this.#failed) : false,
      this.#seen && !this.#done && this.#preview(), this.#done && this.#results());
  }

  #choices() {
    const field = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string[]} */ roles) => {
      const fit = [...this.app.parties.values()].filter((one) => one.roles.some((/** @type {string} */ role) => roles.includes(role)));
      return h('div', { class: 'field' }, h('label', { for: `import-${name}` }, label),
        h('select', { id: `import-${name}`, onchange: (/** @type {any} */ event) => {
          this.#how[name] = event.target.value;
          void this.#look();
        } }, h('option', { value: '' }, t('console.import.as-said')), ...fit.map((one) => h('option', { value: one.id, selected: this.#how[name] === one.id }, one.name))));
    };
    return h('section', { class: 'card stack' }, h('p', null, h('b', null, this.#file?.name), ` · ${Math.ceil((this.#file?.size ?? 0) / 1024)} KiB`),
      h('div', { class: 'pair' }, field('release_to', t('console.import.release-to'), ['shipper', 'forwarder', 'haulier']), field('terminal', t('console.import.terminal'), ['terminal'])));
  }

  #notes(/** @type {any[]} */ notes) {
    return notes.length > 0 && h('section', { class: 'card stack', 'aria-labelledby': 'notes' }, h('h2', { id: 'notes' }, i18n.plural('console.import.notes', notes.length)),
      h('ul', { class: 'plain small' }, ...notes.slice(0, SHOWN_MAX).map((note) => h('li', { 'data-note': note.code }, note.container && h('span', { class: 'code' }, `${format.container(note.container)} `), h('b', null, word('note', note.code)), ' ', h('span', { class: 'soft', lang: 'en' }, note.text)))));
  }

  #preview() {
    const { preview, notes, issued } = this.#seen;
    const refused = issued.filter((/** @type {any} */ line) => line.outcome === 'refused');
    return h('div', { class: 'stack' },
      h('section', { class: 'card stack', 'aria-labelledby': 'preview' },
        h('h2', { id: 'preview' }, i18n.plural('console.import.preview', preview.length)),
        h('p', { class: 'soft' }, t('console.statement', { party: this.app.me.party_name ?? this.app.me.party })),
        table(preview.slice(0, SHOWN_MAX).map((/** @type {any} */ line) => [line.container, say.sentence(line.kind, line.payload, this.app.place(), line.words)])),
        refused.length > 0 && this.#refused(refused),
        preview.length > 0 && h('div', { class: 'actions' }, h('p', { class: 'small soft' }, t('console.signed-by', { name: this.app.me.name })),
          h('button', { class: 'button primary', type: 'button', id: 'sign-file', disabled: this.#isBusy, onclick: () => void this.#sign() }, icon('pen'), i18n.plural('console.import.sign', preview.length)))),
      this.#notes(notes));
  }

  /** What would be refused. @param {any[]} lines */
  #refused(lines) {
    const outcomes = new Outcomes(this.app, lines.length);
    for (const line of lines) outcomes.add(line.container ?? '', line);
    // Nothing was signed that could be answered.
    outcomes.end();
    return outcomes.list;
  }

  #results() {
    const { issued, pending, notes } = this.#done;
    return h('div', { class: 'stack' }, h('section', { class: 'card stack', 'aria-labelledby': 'results' },
      h('h2', { id: 'results' }, h('span', { role: 'status' }, t('console.import.done', { n: issued.filter((/** @type {any} */ line) => line.outcome !== 'refused').length, waiting: pending.length }))),
      pending.length > 0 && h('p', null, h('a', { href: '#/pending' }, t('console.pending'))),
      this.#outcomes?.count, this.#outcomes?.list), this.#notes(notes));
  }
}

/** @param {[string, string][]} rows */
function table(rows) {
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': t('console.import.list') }, h('table', { class: 'table' },
    h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('field.container')), h('th', { scope: 'col' }, t('console.col.says')))),
    h('tbody', null, ...rows.map(([container, text]) => h('tr', null, h('td', { class: 'code' }, container ? format.container(container) : ''), h('td', null, text))))));
}

/** Verdicts that say yes, no, or not quite. @type {Record<string, string>} */
const TONES = {
  proven: 'go', 'no-fork': 'go', broken: 'stop', 'fork-proven': 'stop', 'not-joined': 'wait', incomplete: 'wait',
};

export class VerifyPage {
  #report = /** @type {any} */ (null);
  #name = '';
  #trust = '';
  #failed = /** @type {unknown} */ (null);
  #isBusy = false;
  /** Counts the files: a late verdict does not stand under the name of a newer one. */
  #asked = 0;

  /** @param {any} app */
  constructor(app) {
    this.app = app;
  }

  title = () => t('console.verify');

  /** @param {HTMLElement} main */
  mount(main) {
    this.main = main;
    this.#show();
  }

  unmount() {
    this.main = undefined;
  }

  /** @param {File} file */
  async #took(file) {
    const mine = ++this.#asked;
    this.#report = this.#failed = null;
    this.#name = file.name;
    this.#isBusy = true;
    this.#show();
    const { report = null, failed = null } = await this.app.api.verify(file, this.#trust).then((/** @type {any} */ said) => ({ report: said }), (/** @type {unknown} */ error) => {
      if (!(error instanceof Problem)) throw error;
      return { failed: error };
    });
    if (mine !== this.#asked) return;
    this.#report = report;
    this.#failed = failed;
    this.#isBusy = false;
    this.#show();
    document.getElementById('verdict')?.focus();
  }

  #show() {
    if (!this.main) return;
    replace(this.main, h('h1', { id: 'title', tabindex: '-1' }, t('console.verify')),
      h('p', { class: 'soft lead' }, t('console.verify.lead')),
      drop(t('console.verify.drop'), '.landside', (file) => void this.#took(file)),
      h('details', { open: this.#trust !== '' }, h('summary', null, t('console.verify.trust')), h('div', { class: 'field' }, h('label', { for: 'trust' }, t('console.verify.trust-id')),
        h('input', { type: 'text', id: 'trust', class: 'code', value: this.#trust, autocomplete: 'off', spellcheck: 'false', oninput: (/** @type {any} */ event) => { this.#trust = event.target.value.trim(); } }),
        h('p', { class: 'hint' }, t('console.verify.trust-hint')))),
      this.#isBusy && h('p', { role: 'status' }, t('ui.loading')),
      this.#failed ? forms.refusal(this.#failed) : false,
      this.#report && h('button', { class: 'button', type: 'button', id: 'print', onclick: () => print() }, t('ui.print')),
      this.#report && this.#result());
  }

  #result() {
    const r = this.#report;
    const place = this.app.place();
    // Anybody can make a file that is right in itself, with a list of parties of their own.
    const known = TONES[r.verdict] ?? 'wait';
    const tone = known === 'go' && !r.trusted ? 'wait' : known;
    const rows = [
      [t('console.verify.file'), `${this.#name} · ${r.bytes} B`], [t('console.verify.sha'), r.sha256, 'hash'], [t('console.verify.network'), r.network],
      [t('field.terminal'), r.terminal && say.party(r.terminal, place)], [t('field.container'), r.container && format.container(r.container), 'code'], [t('field.case-code'), r.case, 'code'],
      [t('console.verify.witnesses'), String(r.witnesses ?? 0)], [t('console.verify.edition'), r.edition, 'hash'],
    ].filter(([, value]) => value);
    const wrong = r.findings.filter((/** @type {any} */ one) => one.severity !== 'note');
    const notes = r.findings.filter((/** @type {any} */ one) => one.severity === 'note');
    return h('div', { class: 'stack report on-paper' },
      h('section', { class: `note ${tone}`, id: 'verdict', tabindex: '-1', role: 'status', 'data-verdict': r.verdict }, icon(tone === 'go' ? 'shield' : tone === 'stop' ? 'cross' : 'warning'),
        h('div', null, h('h2', null, word('evidence', r.verdict)), tone !== known && h('p', { id: 'untrusted' }, t('console.verify.untrusted')), !r.sound && h('p', null, t('console.verify.unsound')))),
      h('section', { class: 'card' }, h('dl', { class: 'facts two' }, ...rows.map(([name, value, kind]) => h('div', null, h('dt', null, name), h('dd', { class: kind }, value))))),
      this.#findings('wrong', t('console.verify.findings'), wrong), this.#steps(), this.#findings('notes', t('console.verify.notes'), notes));
  }

  /** @param {string} id @param {string} title @param {any[]} list */
  #findings(id, title, list) {
    return list.length > 0 && h('section', { class: 'card stack', 'aria-labelledby': id }, h('h2', { id }, title), h('ul', { class: 'needs' },
      ...list.map((one) => h('li', { class: `need ${one.severity === 'note' ? 'wait' : 'stop'}`, 'data-finding': one.code }, icon(one.severity === 'note' ? 'clock' : 'cross'), h('div', null,
        h('b', null, word('finding', one.code)), h('p', { lang: 'en' }, `${one.text} (${one.place})`))))));
  }

  #steps() {
    const place = this.app.place();
    const { timeline } = this.#report;
    return timeline.length > 0 && h('section', { class: 'card stack', 'aria-labelledby': 'steps' }, h('h2', { id: 'steps' }, t('console.timeline')), h('ol', { class: 'timeline' },
      ...timeline.map((/** @type {any} */ step) => h('li', { class: `${step.proven ? 'done' : ''}${step.kind === 'progress' ? ' minor' : ''}` }, h('time', { datetime: step.at }, say.time(step.at, place)),
        h('b', null, step.kind ? say.sentence(step.kind, step.payload, place, step.words ?? '') : t('console.verify.unreadable')),
        h('p', { class: 'small' }, step.agent ? say.signer(step, place) : step.name ?? step.issuer ?? '', ' · ', h('span', { class: 'code' }, `#${step.log}`), ' · ', step.proven ? t('console.verify.in-log') : t('console.verify.not-in-log'))))));
  }
}
