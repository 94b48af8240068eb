/** What became of what was signed, one line for each container: first what the node says, then, as it comes, the terminal's answer. */

import { h, icon, replace } from '../lib/dom.js';
import * as format from '../lib/format.js';
import * as i18n from '../lib/i18n.js';
import { Problem } from './api.js';
import * as say from './say.js';

const { t } = i18n;

/** Lines that are drawn and followed: a person looks through some hundred at most; all are counted. */
export const SHOWN_MAX = 500;

/** Answers kept that came before the node's own word on what was signed. */
const EARLY_MAX = 4_096;

/** Documents asked for at once when answers may have been missed. */
const AT_ONCE = 4;

/**
 * @typedef {{ event?: string, id?: string, container?: string, outcome?: string, case?: string, refused?: any }} Said
 *   an issued, pending or answered object (docs/OPERATING.md § JSON)
 */

/** Whether the terminal has not answered yet. @param {Said} said */
const waits = (said) => said.outcome === 'queued';

/** What became of a draft, for a person. @param {Said} said */
export function became(said) {
  if (said.event === 'pending') return t('console.done.pending');
  return waits(said) ? t('console.done.queued') : t('console.done.registered');
}

export class Outcomes {
  /** @type {Map<string, { line: HTMLElement, container: string }>} what is followed, by document */
  #followed = new Map();
  /** @type {Map<string, Said>} */
  #early = new Map();
  #all = 0;
  #waiting = 0;
  #refused = 0;
  #shown = 0;

  /** @param {any} app @param {number} [expected] how many will be added, where that is known before */
  constructor(app, expected) {
    this.app = app;
    this.expected = expected;
    this.count = h('p', { class: 'small soft', role: 'status', id: 'bulk-count' });
    this.list = h('ul', { class: 'results', tabindex: '0', 'aria-label': t('console.bulk.results'), hidden: true });
    this.end = app.hear((/** @type {string} */ name, /** @type {any} */ event) => this.#happened(name, event));
  }

  /** What became of one container's. @param {string} container @param {Said} said */
  add(container, said) {
    this.#all += 1;
    this.#waiting += Number(waits(said));
    this.#refused += Number(said.outcome === 'refused');
    this.list.hidden = false;
    if (this.#shown < SHOWN_MAX) {
      this.#shown += 1;
      const line = h('li', { 'data-container': container });
      this.#show(line, container, said);
      this.list.append(line);
      if (waits(said) && said.id) {
        this.#followed.set(said.id, { line, container });
        const early = this.#early.get(said.id);
        if (early) this.#answered(early);
      }
    }
    this.#tell();
  }

  /** @param {HTMLElement} line @param {string} container @param {Said} said */
  #show(line, container, said) {
    const isRefused = said.outcome === 'refused';
    const { fact, remedy } = isRefused ? say.trouble(said.refused) : { fact: became(said), remedy: '' };
    const isOpen = waits(said) || said.event === 'pending';
    line.className = isRefused ? 'stop' : isOpen ? 'wait' : 'go';
    line.dataset.outcome = said.event === 'pending' ? 'pending' : said.outcome ?? '';
    replace(line, icon(isRefused ? 'warning' : isOpen ? 'clock' : 'check'), h('span', { class: 'code' }, container && format.container(container)), h('span', null, ` ${fact}`, remedy && `. ${remedy}`,
      !isRefused && said.case && [' · ', h('a', { class: 'code', href: `#/case/${said.case}` }, said.case)]));
  }

  #tell() {
    const done = this.expected === undefined ? this.#all - this.#waiting : this.#all;
    this.count.textContent = [
      t('console.bulk.count', { done, all: this.expected ?? this.#all, refused: this.#refused }),
      this.#waiting > 0 && i18n.plural('console.bulk.waiting', this.#waiting),
    ].filter(Boolean).join(' · ');
  }

  /** @param {string} name @param {any} event */
  #happened(name, event) {
    if (name === 'missed') return void this.#look();
    if (name !== 'answered') return;
    if (this.#followed.has(event.id)) return this.#answered(event);
    this.#early.set(event.id, event);
    if (this.#early.size > EARLY_MAX) this.#early.delete(/** @type {string} */ (this.#early.keys().next().value));
  }

  /** The terminal answered. @param {Said} said */
  #answered(said) {
    const id = said.id ?? '';
    const of = this.#followed.get(id);
    if (!of) return;
    this.#followed.delete(id);
    this.#early.delete(id);
    this.#waiting -= 1;
    this.#refused += Number(said.outcome === 'refused');
    this.#show(of.line, of.container, { ...said, event: 'issued' });
    this.#tell();
  }

  /** Answers may have come that nobody was told of. */
  async #look() {
    const open = [...this.#followed.keys()];
    const worker = async () => {
      for (let id = open.shift(); id && this.list.isConnected; id = open.shift()) {
        const { outcome, refused, case: code } = await this.app.api.document(id);
        if (outcome) this.#answered({ id, outcome, refused, case: code });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker)).catch((error) => {
      // What cannot be had now is asked for with the next gap.
      if (!(error instanceof Problem)) throw error;
    });
  }
}
