/** The screen: what is shown, from one object that holds all of it. */

import { h, replace } from '../lib/dom.js';
import * as i18n from '../lib/i18n.js';
import { VERDICT_LIFE_MS } from './state.js';
import * as views from './views.js';

const { t } = i18n;

const TOAST_MS = 4000;
export const THEME = 'landside.theme';
export const SOUND = 'landside.gate.sound';

export const element = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const languages = i18n.LANGUAGES.map((code) => ({ code, name: new Intl.DisplayNames(code, { type: 'language' }).of(code.slice(0, 2)) }));
/** A receipt that nobody has written in yet. */
export const blank = () => ({ seals: '', condition: 'sound', damage: '', remark: '', why: '' });

/** Everything that is shown. @type {any} */
export const ui = {
  languages, theme: localStorage.getItem(THEME) ?? 'auto', hasSound: localStorage.getItem(SOUND) === 'on',
  parties: new Map(), session: null, isOver: false, isThere: true, stream: 'lost', lostAt: 0,
  isBusy: false, shown: null,
  kase: null, decision: null, receipt: null, stands: 'outside', pending: [],
  draft: blank(), draftFault: null, isSigning: false, isCorrecting: false, isUnsigned: false,
  slots: null, slotsAt: 0, isWhole: true, isLeftOpen: false,
  loginFault: '', loginName: '', overrideFault: '',
  /** The node's clock less this one's, in ms. */
  ahead: 0,
};

/** What buttons do; the page fills it. @type {Record<string, (...args: any[]) => any>} */
export const act = {};

export const now = () => Date.now() + ui.ahead;
export const context = () => ({ ui, act, now: now() });

export function showBar() {
  document.title = `${t('lane.title')} · Landside`;
  replace(element('bar'), ...views.bar(context()));
  replace(element('signs'), ...views.signs(context()));
}

export function showVerdict() {
  replace(element('verdict'), ...views.verdict(context()));
  mellow();
}

export function showQueue() {
  replace(element('queue'), ...views.queueList(context()));
}

/** What the lane's panel was made of: a form that somebody types in is not made anew for nothing. */
let laneMadeOf = '';

export function showLane(isForced = false) {
  const madeOf = JSON.stringify([
    ui.kase, ui.stands, ui.receipt, ui.pending, ui.draftFault, ui.isSigning, ui.isCorrecting, ui.isUnsigned, ui.draft.condition, ui.parties.size, i18n.language(),
  ]);
  if (!isForced && madeOf === laneMadeOf) return;
  laneMadeOf = madeOf;
  replace(element('lane'), ...views.lane(context()));
}

export function showAll() {
  showBar();
  showVerdict();
  showLane(true);
  showQueue();
  replace(element('keys'), ...views.keys(context()));
  i18n.translate(document.body);
}

/** A verdict is of the truck that was there; after its life it no longer looks like one. */
export function mellow() {
  const line = document.querySelector('[data-live="ago"]');
  if (line && ui.shown) {
    line.textContent = views.ago(context());
    document.getElementById('panel')?.classList.toggle('old', now() - ui.shown.at >= VERDICT_LIFE_MS || !ui.isThere);
  }
}

/** @param {string} text */
export function toast(text) {
  const note = h('p', { class: 'toast' }, text);
  element('toasts').replaceChildren(note);
  setTimeout(() => note.remove(), TOAST_MS);
}

/** A dialog in the place of any other. @param {HTMLElement | null} dialog */
export function open(dialog) {
  const back = document.activeElement?.id ?? '';
  element('dialogs').replaceChildren(...(dialog ? [dialog] : []));
  if (!dialog) return;
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (!document.querySelector('dialog')) (element(back) ?? element('typed'))?.focus();
  });
  /** @type {HTMLDialogElement} */ (dialog).showModal();
}

export const isAsked = () => document.querySelector('dialog[open]') !== null;
