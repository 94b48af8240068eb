/** The console: who is logged in, which page is shown, keys, and what happens as it happens. */

import { h, icon, replace } from '../lib/dom.js';
import * as i18n from '../lib/i18n.js';
import { Live } from '../lib/live.js';
import { Api } from './api.js';
import { CasePage } from './casepage.js';
import { AccountPage, PendingPage, PeoplePage } from './desk.js';
import { DriversPage } from './drivers.js';
import { FiguresPage } from './figures.js';
import { ImportPage, VerifyPage } from './files.js';
import * as login from './login.js';
import { Worklist } from './worklist.js';

const { t, word } = i18n;

const THEME = 'landside.theme';
const LOGIN = 'landside.login';
const KEYS = 'landside.keys';
const TOAST_MS = 5000;

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** Language of the node's word for it. @param {string} language */
const ofNode = (language) => (language === 'zh' ? 'zh-CN' : 'en');

class App {
  api = new Api(new URL('../api/v1/', import.meta.url), () => this.#anew());
  me = /** @type {any} */ (null);
  /** @type {Map<string, any>} */
  parties = new Map();
  #offset = 0;
  #page = /** @type {any} */ (null);
  #worklist = /** @type {Worklist | null} */ (null);
  #logsIn = /** @type {Promise<void> | null} */ (null);
  #counts = /** @type {Record<string, number>} */ ({});
  #live = /** @type {Live | null} */ (null);
  /** @type {Set<(name: string, event: any) => void>} */
  #hearers = new Set();

  now = () => Date.now() + this.#offset;
  may = (/** @type {string} */ act) => this.me.may.includes(act);
  isMe = (/** @type {string} */ owedBy) => owedBy === this.me.party || this.me.party_roles.includes(owedBy);
  place = () => ({ zone: this.me.zone, now: this.now(), names: this.names });
  who = () => ({ roles: this.me.party_roles, party: this.me.party, may: this.me.may, name: this.me.name });
  more = () => ({ now: this.now(), zone: this.me.zone, terminals: [...this.parties.values()].filter((one) => one.roles.includes('terminal')) });
  go = (/** @type {string} */ hash) => { location.hash = hash; };
  lastLogin = () => localStorage.getItem(LOGIN) ?? '';
  theme = () => localStorage.getItem(THEME) ?? 'auto';
  hasKeys = () => localStorage.getItem(KEYS) !== 'off';
  setKeys = (/** @type {boolean} */ on) => localStorage.setItem(KEYS, on ? 'on' : 'off');

  get names() {
    return new Map([...this.parties.values()].map((one) => [one.id, one.name]));
  }

  /** Drivers the party vouches for; none where the node has no list of them. */
  async drivers() {
    const drivers = await this.api.drivers().catch(() => []);
    return drivers.filter((/** @type {any} */ one) => one.key && one.state === 'enrolled');
  }

  /** @param {string} theme */
  setTheme(theme) {
    localStorage.setItem(THEME, theme);
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }

  brand = () => h('a', { class: 'brand', href: '#/', id: 'brand' }, icon('box'), h('b', null, 'Landside'));

  /** @param {string} text */
  toast(text) {
    const note = h('p', { class: 'toast' }, text);
    element('toasts').replaceChildren(note);
    setTimeout(() => note.remove(), TOAST_MS);
  }

  async start() {
    this.setTheme(this.theme());
    await i18n.start();
    i18n.translate(document.body);
    // A link that is put into the address of an open page begins like any other.
    addEventListener('hashchange', () => location.hash.startsWith('#link=') && location.reload());
    const token = /^#link=(.+)$/.exec(location.hash)?.[1] ?? '';
    // The link is worth a password: it does not stay in the address or the history.
    if (token) history.replaceState(null, '', location.pathname);
    const session = token ? null : await this.api.session().catch((error) => {
      if (error.code !== 'not-logged-in') throw error;
      return null;
    });
    if (session) await this.begin(session);
    else await login.page(this, element('main'), token);
  }

  /** Somebody is logged in. @param {any} session */
  begin = async (session) => {
    this.taken(session);
    const wanted = i18n.chosen();
    if (wanted && wanted !== ofNode(session.language)) await this.api.speak(wanted.slice(0, 2)).catch(() => {});
    else if (i18n.language() !== ofNode(session.language)) await i18n.start(ofNode(session.language));
    // Passkeys and password are seen to here by all.
    if (session.role === 'gate' && location.hash !== '#/account') return location.assign('gate/');
    this.parties = new Map((await this.api.parties()).map((/** @type {any} */ one) => [one.id, one]));
    addEventListener('hashchange', () => !location.hash.startsWith('#link=') && this.#show(true));
    document.addEventListener('keydown', (event) => this.#key(event));
    this.#live = new Live(this.api.root, { happened: (name, event) => this.#happened(name, event), turned: (state) => this.#turned(state) });
    this.#show(false);
    if (this.may('approve')) this.count('pending', (await this.api.pending().catch(() => [])).length);
  };

  /** How the stream of events stands. @param {import('../lib/live.js').State} state */
  #turned(state) {
    const bar = element('offline');
    bar.dataset.t = state === 'full' ? /* t */ 'ui.streams-full' : 'console.offline';
    bar.textContent = t(bar.dataset.t);
    bar.hidden = state === 'live';
    // Whoever works here logs in anew.
    if (state === 'over') this.api.ask('GET', 'session').catch(() => {});
  }

  /** Takes over what the node says of the session. @param {any} session */
  taken(session) {
    this.me = session;
    this.#offset = Date.parse(session.now) - Date.now();
    localStorage.setItem(LOGIN, session.login);
  }

  /** The session is over: whoever works here logs in over the page. Another person begins with a fresh page. */
  #anew() {
    this.#logsIn ??= login.anew(this).then((session) => {
      this.#logsIn = null;
      if (session.login !== this.me.login) return location.reload();
      this.taken(session);
      this.#live?.again();
    });
    return this.#logsIn;
  }

  async logOut() {
    await this.api.logOut().catch(() => {});
    localStorage.removeItem(LOGIN);
    location.hash = '';
    location.reload();
  }

  /** @param {string} code */
  async speak(code) {
    await i18n.start(code);
    await this.api.speak(code.slice(0, 2)).catch(() => {});
    this.#show(false);
  }

  /** The page of the present address. */
  #wanted() {
    const [, name = '', key = ''] = location.hash.replace(/^#/, '').split('/');
    if (name === 'case' && key) return new CasePage(this, decodeURIComponent(key));
    if (name === 'import' && this.may('import')) return new ImportPage(this);
    if (name === 'verify') return new VerifyPage(this);
    if (name === 'figures') return new FiguresPage(this);
    if (name === 'pending') return new PendingPage(this);
    if (name === 'drivers' && this.me.party_roles.includes('haulier')) return new DriversPage(this);
    if (name === 'people' && this.may('people')) return new PeoplePage(this);
    if (name === 'account') return new AccountPage(this);
    // Search and place in the list are as they were left.
    this.#worklist ??= new Worklist(this);
    return this.#worklist;
  }

  /** @param {boolean} isMove whether somebody went there: then the focus goes along */
  #show(isMove) {
    const before = this.#page;
    const left = before instanceof CasePage ? before.subject?.code : null;
    before?.unmount();
    for (const box of document.querySelectorAll('dialog[open]:not(#anew)')) /** @type {HTMLDialogElement} */ (box).close();
    this.#page = this.#wanted();
    this.#bar();
    document.body.classList.toggle('wide', this.#page instanceof Worklist);
    this.#page.mount(element('main'));
    this.titled(this.#page);
    i18n.translate(document.body);
    if (!isMove) return;
    scrollTo(0, 0);
    if (left && this.#page instanceof Worklist) this.#page.returned(left);
    else (document.getElementById('title') ?? element('main')).focus({ preventScroll: true });
  }

  /** @param {any} page */
  titled(page) {
    if (page === this.#page) document.title = `${page.title()} · ${this.me.party_name ?? this.me.party} · Landside`;
  }

  #bar() {
    const at = location.hash.split('/')[1] ?? '';
    const roles = this.me.party_roles;
    const tab = (/** @type {string} */ name, /** @type {string} */ image, /** @type {string} */ text) => h('a', { href: `#/${name}`, id: `to-${name || 'worklist'}`, 'aria-current': at === name || (name === '' && at === 'case') ? 'page' : null }, icon(image), h('span', null, text),
      this.#counts[name] > 0 && h('span', { class: 'count' }, String(this.#counts[name])));
    replace(element('bar'), this.brand(), h('nav', { 'aria-label': t('console.title') },
      tab('', 'list', t('console.worklist')),
      this.may('import') && roles.includes('line') && tab('import', 'upload', t('console.import')),
      this.may('approve') && (this.me.two_persons || this.#counts.pending > 0) && tab('pending', 'clock', t('console.pending')),
      roles.includes('haulier') && tab('drivers', 'truck', t('console.drivers')),
      tab('figures', 'chart', t('console.figures')),
      tab('verify', 'shield', t('console.verify')),
      this.may('people') && tab('people', 'people', t('console.people')),
      this.may('gate') && roles.includes('terminal') && h('a', { href: 'gate/', id: 'to-gate' }, icon('truck'), h('span', null, t('console.gate')))),
    h('a', { href: '#/account', id: 'to-account', class: 'me', 'aria-current': at === 'account' ? 'page' : null, title: `${this.me.party_name ?? this.me.party} · ${roles.map((/** @type {string} */ role) => word('role', role)).join(', ')}` },
      h('b', null, this.me.party_name ?? this.me.party), h('span', null, this.me.name)));
  }

  /** @param {string} name @param {number} n */
  count(name, n) {
    if (this.#counts[name] === n) return;
    this.#counts[name] = n;
    this.#bar();
  }

  /** Told of all that happens, until the function given is called. @param {(name: string, event: any) => void} hears */
  hear(hears) {
    this.#hearers.add(hears);
    return () => this.#hearers.delete(hears);
  }

  /** @param {string} name @param {any} event */
  #happened(name, event) {
    for (const hears of this.#hearers) hears(name, event);
    this.#page?.happened?.(name, event);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const isTyped = target.closest('input:not([type=checkbox]), textarea, select, dialog');
    if (event.defaultPrevented || isTyped || event.ctrlKey || event.metaKey || event.altKey) return;
    const isSingle = event.key.length === 1;
    if (isSingle && !this.hasKeys()) return;
    if (event.key === '/') {
      event.preventDefault();
      if (!(this.#page instanceof Worklist)) this.go('#/');
      // The page of the new address is there after its event.
      setTimeout(() => /** @type {HTMLInputElement | null} */ (document.getElementById('search'))?.select(), 0);
    } else if (this.#page?.key?.(event)) event.preventDefault();
  }
}

/** @param {unknown} error */
function fail(error) {
  console.warn(error);
  replace(element('main'), h('div', { class: 'door card stack' }, h('h1', { id: 'title', tabindex: '-1' }, t('problem.unreachable')), h('p', null, t('problem.unreachable.do')),
    h('button', { class: 'button primary', type: 'button', onclick: () => location.reload() }, t('ui.retry'))));
}

new App().start().catch(fail);
