/** What is asked of the node for the truck in the lane, and what comes of it. */

import * as i18n from '../lib/i18n.js';
import { Problem, Unreachable, ask } from './api.js';
import { blank, element, isAsked, mellow, now, showBar, showLane, showQueue, showVerdict, toast, ui } from './screen.js';
import { sound } from './sound.js';
import { VERDICT_LIFE_MS, isNamed, meant, papers, plain, read, standing } from './state.js';

const { t } = i18n;

/** Cases offered when a search finds many. */
const CHOICES_MAX = 8;
/** Documents kept of cases looked at; they never change. */
const DOCUMENTS_MAX = 100;
/** Pages of slots read for a day. */
const SLOT_PAGES_MAX = 5;

/** @type {Map<string, Promise<any>>} */
const documents = new Map();
/** What to do when the session is over, and when the node answers again; the page sets it. */
export const told = { over: () => {}, back: () => {} };

// The node.

/** Notes whether the node answers. @param {boolean} isAnswering */
export function reached(isAnswering) {
  if (ui.isThere === isAnswering) return;
  ui.isThere = isAnswering;
  if (!isAnswering) ui.lostAt = now();
  showBar();
  mellow();
  if (!isAnswering || !ui.session) return;
  told.back();
  void refresh();
}

/**
 * Asks, and sees to what any answer may be: nobody there, the session over.
 * @param {string} method @param {string} path @param {unknown} [body]
 */
export async function say(method, path, body) {
  try {
    const answer = await ask(method, path, body);
    reached(true);
    return answer;
  } catch (error) {
    reached(!(error instanceof Unreachable));
    if (error instanceof Problem && error.status === 401 && !path.startsWith('session')) told.over();
    throw error;
  }
}

/** @param {string} id */
export function payload(id) {
  let known = documents.get(id);
  if (!known) {
    known = say('GET', `documents/${id}`).then((document) => document.payload);
    known.catch(() => documents.delete(id));
    documents.set(id, known);
    if (documents.size > DOCUMENTS_MAX) documents.delete(/** @type {string} */ (documents.keys().next().value));
  }
  return known;
}

/** Reads the case of the truck in the lane anew, with the papers it stands by. @param {string} code */
export async function readCase(code) {
  const kase = await say('GET', `cases/${encodeURIComponent(code)}`);
  const { decision, receipt } = papers(kase);
  const [decided, written, waiting] = await Promise.all([
    decision && payload(decision.id), receipt && payload(receipt.id), say('GET', 'pending').catch(() => ({ pending: [] })),
  ]);
  const pending = waiting.pending.filter((/** @type {any} */ draft) => draft.kind === 'override' && draft.container === kase.container);
  return { kase, decision: decided, receipt: written, stands: standing(kase, decided), pending };
}

/** @param {any} found what `readCase` gave, or null */
export function setCase(found) {
  const isOther = found?.kase.code !== ui.kase?.code;
  Object.assign(ui, found ?? { kase: null, decision: null, receipt: null, stands: 'outside', pending: [] });
  if (isOther) Object.assign(ui, { draft: blank(), draftFault: null, isCorrecting: false, isUnsigned: false });
  showLane();
}

/** Counts what was asked of the lane, so that a late answer does not take the place of a newer one. */
let asked = 0;


/** Reads the case that is shown again. */
export async function refreshCase() {
  const { kase } = ui;
  const mine = asked;
  if (!kase) return;
  const found = await readCase(kase.code);
  if (mine === asked && ui.kase?.code === found.kase.code) setCase(found);
}

export async function refreshSlots() {
  let slots = [];
  let after = null;
  let page;
  for (let pages = 0; pages < SLOT_PAGES_MAX; pages++) {
    page = await say('GET', `slots${after ? `?day=${page.day}&after=${encodeURIComponent(after)}` : ''}`);
    slots.push(...page.slots);
    after = page.next;
    if (!after) break;
  }
  Object.assign(ui, { slots, slotsAt: now(), isWhole: page.complete && !after });
  showQueue();
}

export async function refresh() {
  // What cannot be had now is asked for with the next event, or when the node is back.
  await Promise.allSettled([refreshSlots(), refreshCase()]);
}

// Judging.

/** Shows a verdict, or what there is in its place. @param {any} shown */
export function conclude(shown) {
  Object.assign(ui, { isBusy: false, shown: { at: now(), ...shown } });
  showVerdict();
  // Whatever was being written below: a verdict is seen.
  scrollTo(0, 0);
  // What stays in the field can be sent again, and the next scan takes its place.
  if (shown.kind === 'problem' && !isAsked()) element('typed').select();
}

/** @param {unknown} error @param {{ isPass: boolean, text: string }} what was asked */
export function undecided(error, { isPass, text }) {
  if (error instanceof Problem) {
    if (error.status === 401) return conclude({ kind: 'problem', title: /* t */ 'lane.undecided', text: t('lane.undecided.login') });
    const isRead = error.status === 404 || error.status === 409 || error.status === 400;
    if (isPass && isRead) {
      sound(ui.hasSound, false);
      clearTyped();
      return conclude({ kind: 'unread', code: error.code, scanned: text });
    }
    const isNone = error.status === 404 || error.status === 400;
    if (isNone) return conclude({ kind: 'problem', title: /* t */ 'lane.none', text: t('lane.none.do') });
    const known = i18n.has(`refusal.${error.code}`) ? i18n.word('refusal', error.code) : error.detail;
    return conclude({ kind: 'problem', title: /* t */ 'lane.undecided', text: known });
  }
  if (!(error instanceof Unreachable)) console.error(error);
  return conclude({ kind: 'problem', tone: 'stop', title: /* t */ 'lane.undecided', text: t('lane.undecided.offline') });
}

/** After a verdict the next scan needs no click. */
export function clearTyped() {
  Object.assign(element('typed'), { value: '' });
  Object.assign(element('plate'), { value: '' });
  if (!isAsked()) element('typed').focus({ preventScroll: true });
}

/** A plate as the case spells it: nobody types the signs between. @param {string} plate */
function spelled(plate) {
  const known = ui.slots?.find((/** @type {any} */ slot) => slot.plate && plain(slot.plate) === plain(plate));
  return known ? known.plate : plate;
}

/**
 * Has a truck judged.
 * @param {{ shown?: string, subject?: string }} what
 * @param {string} plate as seen, or empty
 */
export async function judge(what, plate) {
  const mine = ++asked;
  const began = performance.now();
  Object.assign(ui, { isBusy: true, shown: null });
  showVerdict();
  setCase(null);
  const isPass = what.shown !== undefined;
  try {
    const said = await say('POST', 'gate/check', { ...what, ...(plate ? { plate: spelled(plate) } : {}) });
    if (mine !== asked) return;
    sound(ui.hasSound, said.verdict === 'admit');
    conclude({ kind: 'decision', said, seen: said.plate ?? plate, scanned: what.shown ?? '' });
    element('verdict').dataset.ms = String(Math.round(performance.now() - began));
    clearTyped();
    await explain(mine, said);
  } catch (error) {
    if (mine === asked) undecided(error, { isPass, text: what.shown ?? '' });
  }
}

/** What the verdict does not say: the case, and whether this truck was let in before. @param {number} mine @param {any} said */
export async function explain(mine, said) {
  const found = await readCase(said.case).catch(() => null);
  if (mine !== asked || !found) return;
  setCase(found);
  const before = found.kase.timeline.filter((/** @type {any} */ step) => step.kind === 'gate-decision' && step.id !== said.id).at(-1);
  const was = said.verdict === 'admit' && before ? await payload(before.id).catch(() => null) : null;
  if (mine !== asked || ui.shown?.said !== said) return;
  ui.shown.before = was?.verdict === 'admit' ? before.at : null;
  showVerdict();
}

/** Shows a case without judging it. @param {string} code */
export async function look(code) {
  const mine = ++asked;
  Object.assign(ui, { shown: null, isBusy: false });
  try {
    const found = await readCase(code);
    if (mine !== asked) return;
    setCase(found);
    showVerdict();
    showQueue();
  } catch (error) {
    if (mine === asked) undecided(error, { isPass: false, text: '' });
  }
}

/**
 * A truck by its code, container or plate. One that was let in is shown, for judging it without a pass would take that back.
 * @param {string} subject @param {string} plate
 */
export async function judgeWithoutPass(subject, plate) {
  const mine = ++asked;
  Object.assign(ui, { isBusy: true, shown: null });
  showVerdict();
  try {
    const found = await readCase(subject);
    if (mine !== asked) return;
    if (found.stands === 'outside' || found.stands === 'left') return void (await judge({ subject }, plate));
    setCase(found);
    Object.assign(ui, { isBusy: false });
    showVerdict();
    clearTyped();
    toast(t('lane.is-in'));
  } catch (error) {
    if (mine === asked) undecided(error, { isPass: false, text: '' });
  }
}

/** Nothing is in the lane: the next truck may come. */
export function clear() {
  asked++;
  Object.assign(ui, { shown: null, isBusy: false });
  setCase(null);
  showVerdict();
  showQueue();
  clearTyped();
}

/** @param {string} text */
export async function search(text, plate = '') {
  const mine = ++asked;
  Object.assign(ui, { isBusy: true, shown: null });
  showVerdict();
  setCase(null);
  try {
    const page = await say('GET', `cases?q=${encodeURIComponent(text)}&limit=${CHOICES_MAX}`);
    if (mine !== asked) return;
    const line = meant(text, page.cases);
    if (line) return void (await judgeWithoutPass(line.code, plate || (plain(line.plate ?? '') === plain(text) ? text : '')));
    if (page.cases.length > 1) return conclude({ kind: 'choose', lines: page.cases });
    // What has left is told as left; a case that closed long ago is on no list, but has its code.
    const past = (page.closed ?? []).find((/** @type {any} */ line) => isNamed(line, text));
    await judgeWithoutPass(past?.code ?? text, plate);
  } catch (error) {
    if (mine === asked) undecided(error, { isPass: false, text: '' });
  }
}

/** Takes what was typed or scanned. @param {string} text */
export function take(text) {
  if (ui.isBusy || isAsked() || !ui.session) return;
  const typed = read(text);
  const plate = element('plate').value.trim();
  if (typed.kind === 'pass') {
    const isSame = ui.shown?.scanned === typed.text && now() - ui.shown.at < VERDICT_LIFE_MS && plate === '';
    if (isSame) {
      clearTyped();
      return toast(t('lane.same'));
    }
    return void judge({ shown: typed.text }, plate);
  }
  asked++;
  setCase(null);
  if (typed.kind === 'nothing') return conclude({ kind: 'problem', title: /* t */ 'lane.nothing', text: t('lane.ready.do') });
  if (typed.kind === 'foreign') {
    clearTyped();
    return conclude({ kind: 'unread', code: 'malformed', scanned: text });
  }
  if (typed.fault) return conclude({ kind: 'problem', title: /* t */ 'lane.digit', text: t('lane.digit.do', { digit: typed.fault }) });
  if (typed.kind === 'container') return void judgeWithoutPass(typed.text, plate);
  return void search(typed.text, plate);
}

// Signing.

/** @param {unknown} error */
export function wordsOf(error) {
  if (error instanceof Problem) {
    if (error.status === 401) return t('lane.undecided.login');
    return i18n.has(`refusal.${error.code}`) ? `${i18n.word('refusal', error.code)}. ${t(`refusal.${error.code}.do`)}` : error.detail;
  }
  return t('lane.unknown-outcome');
}

/** Does one thing that is signed, and once however often it is asked for. @param {() => Promise<void>} work */
export async function once(work) {
  if (ui.isSigning) return;
  Object.assign(ui, { isSigning: true, draftFault: null });
  showLane();
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Problem || error instanceof Unreachable)) console.error(error);
    ui.draftFault = { text: wordsOf(error) };
    // What came of it, when the answer was lost, is in the case.
    await refreshCase().catch(() => null);
  }
  ui.isSigning = false;
  showLane();
}

export async function letOut(why = '') {
  const { kase } = ui;
  if (!kase || !['signature', 'ready'].includes(ui.stands)) return;
  await once(async () => {
    const mine = asked;
    await say('POST', 'gate/out', { subject: kase.code, ...(why ? { unsigned_because: why } : {}) });
    if (mine !== asked) return;
    sound(ui.hasSound, true);
    conclude({ kind: 'done', title: /* t */ 'lane.gone', container: kase.container, plate: kase.driver?.plate, text: t('lane.gone.do') });
    await refreshCase();
    element('typed').focus({ preventScroll: true });
  });
}
