/**
 * How far one case is, for whoever has its link. No log-in, no cookie, nothing kept on the device; asked anew every few
 * seconds. The token stays behind the `#` of the address, where a bookmark finds it again, and goes out as content only.
 */

import { Api, Problem } from '../console/api.js';
import { languages } from '../console/login.js';
import { h, icon, replace } from '../lib/dom.js';
import * as i18n from '../lib/i18n.js';
import { page } from './view.js';

const { t } = i18n;

/** Rest between two looks, in ms. */
const LOOK_EVERY_MS = 10_000;
/** Longest pause while the node cannot be reached or has too much to do, in ms. */
const LOOK_PAUSE_MAX_MS = 60_000;

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

class App {
  api = new Api(new URL('../api/v1/', import.meta.url));
  token = '';
  seen = /** @type {any} */ (null);
  #pause = LOOK_EVERY_MS;
  #timer = 0;
  #round = 0;
  /** What the node's clock is ahead of this one. */
  #offset = 0;

  async start() {
    await i18n.start();
    i18n.translate(document.body);
    element('skip').addEventListener('click', (event) => {
      // The address holds the token: a jump must not take its place.
      event.preventDefault();
      element('main').focus();
    });
    addEventListener('hashchange', () => this.#begin());
    // A phone that was put away looks at once.
    document.addEventListener('visibilitychange', () => !document.hidden && this.token && this.#look());
    this.#bar();
    this.#begin();
  }

  #begin() {
    this.token = location.hash.slice(1);
    this.seen = null;
    replace(element('main'), h('p', { class: 'soft', role: 'status' }, t('ui.loading')));
    void this.#look();
  }

  #bar() {
    replace(element('bar'), h('span', { class: 'brand' }, icon('box'), h('b', null, 'Landside')), languages(async (code) => {
      await i18n.start(code);
      i18n.translate(document.body);
      this.#bar();
      if (this.token) this.#show();
      else this.#ended();
      element(`language-${code}`).focus();
    }));
  }

  async #look() {
    clearTimeout(this.#timer);
    const round = ++this.#round;
    try {
      const seen = await this.api.ask('POST', 'share', { json: { token: this.token }, isOfStranger: true, isAnonymous: true });
      if (round !== this.#round) return;
      [this.seen, this.#pause] = [seen, LOOK_EVERY_MS];
      this.#offset = Date.parse(seen.now) - Date.now();
      element('offline').hidden = true;
      this.#show();
    } catch (error) {
      if (round !== this.#round) return;
      if (!(error instanceof Problem)) throw error;
      if (error.status === 404 || error.status === 400) return this.#ended();
      element('offline').hidden = false;
      const asked = 1000 * (/** @type {any} */ (error).after ?? 0);
      this.#pause = Math.min(LOOK_PAUSE_MAX_MS, Math.max(2 * this.#pause, asked));
      if (!this.seen) this.#show();
    }
    // A page that nobody sees asks nothing.
    this.#timer = window.setTimeout(() => !document.hidden && this.#look(), this.#pause);
  }

  /** The link is not good: what was seen through it goes, and nothing is asked any more. */
  #ended() {
    this.token = '';
    this.seen = null;
    element('offline').hidden = true;
    document.title = 'Landside';
    replace(element('main'), h('div', { class: 'quiet-page', role: 'alert', 'data-code': 'share-link-unknown' }, icon('warning'),
      h('h1', { id: 'title', tabindex: '-1' }, t('problem.share-link-unknown')), h('p', null, t('problem.share-link-unknown.do'))));
  }

  #show() {
    if (!this.seen) return replace(element('main'), h('p', { class: 'soft', role: 'status' }, t('problem.unreachable')));
    document.title = `${this.seen.code} · Landside`;
    replace(element('main'), .../** @type {any} */ (page(this.seen, Date.now() + this.#offset)));
  }
}

await new App().start();
