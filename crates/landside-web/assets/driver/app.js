/** The page: which view is shown, what the buttons do, and the clock. */

import { h, icon, replace } from '../lib/dom.js';
import * as format from '../lib/format.js';
import * as i18n from '../lib/i18n.js';
import { hasEd25519 } from '../lib/key.js';
import { crispWidth, draw, scan } from '../lib/qr.js';
import { Refusal } from '../lib/refusal.js';
import { Unreachable } from './api.js';
import * as invitations from './invitation.js';
import { CLOCK_OFF_MS, PHOTO_MAX, Phone } from './phone.js';
import { PHOTOS_MAX, isPassAlive, phase } from './state.js';
import { Store } from './store.js';
import * as views from './views.js';

const { t } = i18n;

/** A presentation lives 60 s (PROTOCOL § 9); a new one this often leaves the gate 40 s at least. */
const RENEW_MS = 20_000;
const TICK_MS = 1000;
const TOAST_MS = 4000;
const THEME = 'landside.theme';

/**
 * What a refused invitation means to the driver.
 * @type {Record<string, string>}
 */
const ENROL_FAULTS = {
  expired: /* t */ 'driver.enrol.expired',
  'invitation-expired': /* t */ 'driver.enrol.expired',
  'invitation-used': /* t */ 'driver.enrol.used',
  'other-origin': /* t */ 'driver.enrol.elsewhere',
  unreachable: /* t */ 'ui.offline',
  other: /* t */ 'driver.enrol.bad',
};

const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** Names of languages are written in the language itself, whatever is shown. */
const languages = i18n.LANGUAGES.map((code) => ({ code, name: new Intl.DisplayNames(code, { type: 'language' }).of(code.slice(0, 2)) }));
const ui = {
  languages, clockOffMs: CLOCK_OFF_MS, theme: localStorage.getItem(THEME) ?? 'auto', invitation: '', enrolFault: '',
  isBusy: false, agrees: false, isUnticked: false, isSupported: true,
  /** The gate's decision after which the code is shown all the same. */
  again: '',
};

/** Set by `begin`, before anything is shown. @type {Phone} */
let phone;
/** @type {AbortController | null} */
let scanning = null;
/** The code on the screen: for which pass, and since when. @type {{ id: string, madeAt: number } | null} */
let shown = null;
/** Addresses of photographs on this page. @type {Map<string, string>} */
const addresses = new Map();

/** `#/job/KEY/pass` as its parts. */
function route() {
  const [, page = '', key = '', sub = ''] = location.hash.replace(/^#/, '').split('/');
  return { page, key: decodeURIComponent(key), sub };
}

const jobShown = () => phone.jobs.find((job) => job.key === route().key) ?? null;

/** The view of the present address: title, where back leads, content. */
function view() {
  const c = { phone, now: phone.now(), ui, act };
  const { page, sub } = route();
  if (!ui.isSupported) return { title: t('driver.title'), content: views.unsupported() };
  if (page === 'settings') return { title: t('ui.settings'), tab: page, content: views.settings(c) };
  if (!phone.enrolment) {
    return { title: t('driver.enrol.title'), content: scanning ? views.camera(c) : views.enrol(c) };
  }
  const signs = [...views.warnings(c), ...views.unverified(c)];
  const job = page === 'job' ? jobShown() : null;
  if (job && sub === 'pass') return { title: t('driver.pass.title'), back: `#/job/${job.key}`, content: [...views.passPage(c, job), ...signs] };
  if (job && sub === 'receipt') return { title: t('driver.receipt.title'), back: `#/job/${job.key}`, content: [...signs, ...views.receiptPage(c, job)] };
  if (job) return { title: t('driver.job'), back: '#/', content: [...signs, ...views.jobPage(c, job)] };
  if (page === 'history') return { title: t('driver.history'), tab: page, content: [...signs, ...views.historyList(c)] };
  return { title: t('driver.jobs'), tab: 'jobs', content: [...signs, ...views.jobList(c)] };
}

/** Shows the present state. A file chooser or a dialog that is open stays. */
function show() {
  if (document.querySelector('dialog[open]')) return;
  const { title, back, tab, content } = view();
  document.title = `${title} · ${t('driver.title')}`;
  const start = back
    ? h('a', { class: 'button quiet', href: back, id: 'back', 'aria-label': t('ui.back') }, icon('back'))
    : h('span', { class: 'brand' }, h('img', { src: 'icon.svg', alt: '' }));
  const sign = phone.enrolment && !phone.isOnline && h('span', { class: 'badge wait' }, icon('offline'), t('ui.offline'));
  replace(element('bar'), ...[start, h('h1', { id: 'title', tabindex: '-1' }, title), sign].filter(Boolean));
  shown = null;
  replace(element('main'), ...content);
  showTabs(tab);
  i18n.translate(document.body);
  void tick();
}

/** @param {string | undefined} current */
function showTabs(current) {
  const tab = (/** @type {string} */ name, /** @type {string} */ href, /** @type {string} */ image, /** @type {string} */ text) =>
    h('a', { href, id: `tab-${name}`, 'aria-current': current === name ? 'page' : null }, icon(image), text);
  const tabs = element('tabs');
  tabs.hidden = !current;
  tabs.setAttribute('aria-label', t('driver.title'));
  const known = phone.enrolment
    ? [tab('jobs', '#/', 'truck', t('driver.jobs')), tab('history', '#/history', 'history', t('driver.history'))]
    : [tab('jobs', '#/', 'truck', t('driver.enrol.title'))];
  replace(tabs, ...known, tab('settings', '#/settings', 'settings', t('ui.settings')));
}

/** Once a second: the code on the pass page. */
async function tick() {
  const paper = document.getElementById('code');
  const job = paper && jobShown();
  if (!paper || !job?.pass) return;
  if (!isPassAlive(job, phone.now())) return show();
  const age = shown ? performance.now() - shown.madeAt : Infinity;
  if (shown?.id !== job.pass.id || age >= RENEW_MS) {
    shown = { id: job.pass.id, madeAt: performance.now() };
    const svg = draw(await phone.presentation(job), t('driver.pass.label'));
    const modules = svg.viewBox.baseVal.width;
    svg.style.inlineSize = `${crispWidth(modules, paper.clientWidth, devicePixelRatio)}px`;
    paper.replaceChildren(svg);
  }
  const left = Math.max(0, RENEW_MS - (performance.now() - (shown?.madeAt ?? 0)));
  const bar = element('renews');
  bar.setAttribute('value', String(Math.round((100 * left) / RENEW_MS)));
  bar.setAttribute('aria-valuetext', t('driver.pass.renews', { n: Math.ceil(left / 1000) }));
}

/** A line that goes by itself. @param {string} text @param {boolean} [isHeardOnly] when it is to be seen anyway */
function toast(text, isHeardOnly = false) {
  const note = h('p', { class: isHeardOnly ? 'only-read' : 'toast' }, text);
  element('toasts').replaceChildren(note);
  setTimeout(() => note.remove(), TOAST_MS);
}

/** Where each job stood when it was last looked at. @type {Map<string, string>} */
const stood = new Map();
/** What a driver wants to be told of, wherever in the app. */
const TOLD = ['ready', 'admitted', 'refused', 'sign', 'signed', 'left', 'ended'];

/** Tells of jobs that turned since the last time. @param {boolean} isFirst then there is nothing to compare with */
function tellTurns(isFirst) {
  const now = phone.now();
  for (const job of phone.jobs) {
    const state = phase(job, now);
    const hasTurned = stood.get(job.key) !== state;
    stood.set(job.key, state);
    if (!hasTurned || isFirst || !TOLD.includes(state)) continue;
    toast(t('driver.turned', { container: format.container(job.container), state: views.phaseText(job, now) }), route().key === job.key);
    navigator.vibrate?.(200);
  }
}

/** Keeps the screen on while the pass is shown, where the browser can. */
async function keepAwake() {
  if (route().sub !== 'pass' || !('wakeLock' in navigator)) return;
  try {
    const lock = await navigator.wakeLock.request('screen');
    addEventListener('hashchange', () => void lock.release(), { once: true });
  } catch {
    // Refused on low battery; the pass is shown all the same.
  }
}

/** @param {string} text */
async function enrolWith(text) {
  Object.assign(ui, { invitation: text, enrolFault: '', isBusy: true });
  show();
  try {
    await phone.enrol(invitations.read(text, location.origin, phone.now()));
    ui.invitation = '';
    location.hash = '#/';
  } catch (error) {
    const code = error instanceof Unreachable ? 'unreachable' : error instanceof Refusal ? error.code : null;
    if (code === null) console.error(error);
    ui.enrolFault = ENROL_FAULTS[code ?? 'other'] ?? ENROL_FAULTS.other;
  }
  ui.isBusy = false;
  show();
}

/** @param {string} theme */
function useTheme(theme) {
  ui.theme = theme;
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** What buttons do. */
const act = {
  async scan() {
    scanning = new AbortController();
    const { signal } = scanning;
    show();
    try {
      await scan(/** @type {HTMLVideoElement} */ (element('video')), (text) => {
        act.stopScan();
        void enrolWith(text);
      }, signal);
    } catch (error) {
      console.warn(error);
      act.stopScan();
      toast(`${t('driver.scan.none')} ${t('driver.scan.none.do')}`);
    }
  },
  stopScan() {
    scanning?.abort();
    scanning = null;
    show();
  },
  typed(/** @type {any} */ event) {
    ui.invitation = event.target.value;
  },
  enrol(/** @type {Event} */ event) {
    event.preventDefault();
    if (!ui.isBusy) void enrolWith(ui.invitation);
  },
  agree(/** @type {any} */ event) {
    ui.agrees = event.target.checked;
    if (ui.agrees && ui.isUnticked) {
      ui.isUnticked = false;
      show();
    }
  },
  async sign(/** @type {Event} */ event) {
    event.preventDefault();
    const job = jobShown();
    if (!job) return;
    if (!ui.agrees) {
      ui.isUnticked = true;
      show();
      element('agree').focus();
      return;
    }
    ui.agrees = false;
    await phone.countersign(job);
  },
  /** The code once more, after the gate's word. @param {any} job */
  showAgain(job) {
    ui.again = job.decisionId ?? '';
    show();
  },
  async photo(/** @type {any} */ event) {
    const [file] = event.target.files;
    const job = jobShown();
    if (!file || !job) return;
    try {
      await phone.addPhoto(job.key, file);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const isMany = error.code === 'too-many';
      toast(isMany ? t('driver.photo.many', { n: PHOTOS_MAX }) : t('driver.photo.large', { n: PHOTO_MAX / 1024 / 1024 }));
    }
  },
  address(/** @type {any} */ photo) {
    if (!addresses.has(photo.hash)) addresses.set(photo.hash, URL.createObjectURL(photo.blob));
    return addresses.get(photo.hash);
  },
  async language(/** @type {string} */ code) {
    await i18n.start(code);
    show();
  },
  theme(/** @type {string} */ theme) {
    localStorage.setItem(THEME, theme);
    useTheme(theme);
    show();
  },
  /** For a gate whose scanner is broken: what it types is a pass shown like any other. @param {any} job */
  async copyCode(job) {
    const text = await phone.presentation(job);
    const isCopied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    toast(t(isCopied ? /* t */ 'driver.pass.copied' : /* t */ 'driver.pass.not-copied'));
  },
  askForget: () => /** @type {HTMLDialogElement} */ (element('sure')).showModal(),
  keep: () => /** @type {HTMLDialogElement} */ (element('sure')).close(),
  async forget() {
    await phone?.forget();
    location.hash = '#/';
    location.reload();
  },
};

/** The worker that lets the page open without a network. A new version takes over when the page is opened anew. */
async function register() {
  if (!('serviceWorker' in navigator)) return;
  const registration = await navigator.serviceWorker.register('sw.js', { updateViaCache: 'none' });
  if (registration.waiting && navigator.serviceWorker.controller && route().sub === '') {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    registration.waiting.postMessage('take over');
  }
}

async function begin() {
  useTheme(ui.theme);
  await i18n.start();
  ui.isSupported = await hasEd25519();
  phone = new Phone(await Store.open(), new URL('api/', document.baseURI));
  const invited = location.hash.startsWith('#i=') ? location.hash : '';
  if (invited) history.replaceState(null, '', location.pathname);
  if (ui.isSupported) await phone.load();
  tellTurns(true);
  phone.addEventListener('change', () => {
    show();
    tellTurns(false);
  });
  addEventListener('hashchange', () => {
    if (scanning) act.stopScan();
    if (route().sub !== 'pass') ui.again = '';
    Object.assign(ui, { agrees: false, isUnticked: false });
    element('toasts').replaceChildren();
    show();
    scrollTo(0, 0);
    element('title').focus({ preventScroll: true });
    void keepAwake();
  });
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && show());
  show();
  setInterval(() => void tick(), TICK_MS);
  // Countdowns are in minutes: twice a minute is often enough, and leaves the pass page alone.
  setInterval(() => route().sub === '' && !scanning && phone.enrolment && show(), 30 * TICK_MS);
  void keepAwake();
  phone.start();
  if (invited && !phone.enrolment) await enrolWith(invited);
  await register();
}

/** Without what is kept there is nothing to show; better said than a blank page. @param {unknown} error */
function fail(error) {
  console.warn(error);
  replace(element('bar'), h('h1', { id: 'title', tabindex: '-1' }, t('driver.title')));
  replace(element('main'), ...views.broken(act));
  i18n.translate(document.body);
}

begin().catch(fail);
