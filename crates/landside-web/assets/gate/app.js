/** The page: who is logged in, what buttons and keys do, and the clock. */

import { h, keepIcons, replace } from '../lib/dom.js';
import * as i18n from '../lib/i18n.js';
import { scan } from '../lib/qr.js';
import { Problem, Unreachable, isThere, listen } from './api.js';
import { clear, judgeWithoutPass, letOut, look, once, reached, refresh, refreshCase, say, take, told, wordsOf } from './judging.js';
import {
  SOUND, THEME, act, blank, context, element, isAsked, mellow, open, showAll, showBar, showLane, showVerdict, toast, ui, now,
} from './screen.js';
import { sound } from './sound.js';
import { words } from './state.js';
import * as views from './views.js';

const { t } = i18n;

const TICK_MS = 1000;
/** How often the node is asked for a sign of life. */
const HEARTBEAT_MS = 8_000;
/** Changes of lists come in bursts; the screen asks once for each. */
const GATHER_MS = 250;

/** @type {AbortController | null} */
let scanning = null;
/** @type {import('../lib/live.js').Live | null} */
let live = null;
/** @type {ReturnType<typeof setTimeout> | null} */
let gathering = null;

function refreshSoon() {
  gathering ??= setTimeout(() => {
    gathering = null;
    if (ui.session && !ui.isOver) void refresh();
  }, GATHER_MS);
}

// The session.

function askLogin() {
  ui.isOver = true;
  if (document.getElementById('login')) return;
  ui.loginName = ui.session?.login ?? ui.loginName;
  live?.stop();
  live = null;
  open(views.login(context()));
  element(ui.loginName ? 'login-password' : 'login-name').focus();
}

/** @param {any} session */
async function enter(session) {
  const isOther = ui.session?.login !== session.login;
  ui.isOver = false;
  ui.session = session;
  ui.ahead = Date.parse(session.now) - Date.now();
  if (isOther) {
    const spoken = session.language === 'zh' ? 'zh-CN' : 'en';
    if (spoken !== i18n.language()) await i18n.start(spoken);
  }
  if (!session.party_roles.includes('terminal')) return refuse(t('lane.not-terminal'), t('lane.not-terminal.do'));
  if (!session.may.includes('gate')) return refuse(t('lane.not-gate'), t('lane.not-gate.do', { who: session.name }));
  // What is typed stays, whoever logs in.
  if (element('typed')) showAll();
  else build();
  live?.stop();
  live = listen(refreshSoon, turned);
  void nameParties();
  await refresh();
}

/** Names of the parties are an ease: until they are there, or where they are not to be had, ids stand in their place. */
async function nameParties() {
  try {
    const { parties } = await say('GET', 'parties');
    ui.parties = new Map(parties.map((/** @type {any} */ one) => [one.id, one]));
  } catch (error) {
    if (!(error instanceof Problem || error instanceof Unreachable)) throw error;
    return;
  }
  if (ui.shown) showVerdict();
  if (ui.kase) showLane();
}

/** @param {string} title @param {string} text */
function refuse(title, text) {
  showBar();
  for (const id of ['verdict', 'lane', 'queue', 'keys', 'scan']) element(id).replaceChildren();
  replace(element('verdict'), ...views.notHere(context(), title, text));
}

function build() {
  element('scan').replaceChildren(views.scanForm(context()));
  showAll();
  element('typed').focus({ preventScroll: true });
}

/** Sees who is logged in, or that nobody is. */
async function wake() {
  try {
    await enter(await say('GET', 'session'));
  } catch (error) {
    if (error instanceof Problem && error.status === 401) askLogin();
    else if (!(error instanceof Problem || error instanceof Unreachable)) throw error;
  }
}

/** How the stream of events stands. @param {import('../lib/live.js').State} state */
function turned(state) {
  ui.stream = state;
  if (state === 'live') return reached(true);
  if (state === 'full') toast(t('ui.streams-full'));
  // Whoever works here logs in anew.
  if (state === 'over') return void wake();
  // A stream can be lost alone.
  void heartbeat();
}

/** Sees now and then whether the node is there: a connection that hangs tells nobody. */
async function heartbeat() {
  const wasThere = ui.isThere;
  reached(await isThere());
  if (!ui.isThere) return live?.doubt();
  if (!wasThere && !ui.session) return wake();
  // It answers, but tells of nothing.
  if (live && ui.stream === 'lost') await refresh();
}

/** @param {string} theme */
function useTheme(theme) {
  ui.theme = theme;
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

/** What buttons do. */
Object.assign(act, {
  submit(/** @type {Event} */ event) {
    event.preventDefault();
    take(element('typed').value);
  },
  look: (/** @type {string} */ code) => void look(code),
  chosen: (/** @type {any} */ line) => void judgeWithoutPass(line.code, ''),
  async camera() {
    const button = element('camera');
    if (scanning) {
      scanning.abort();
      scanning = null;
      element('camera-box').hidden = true;
      button.setAttribute('aria-pressed', 'false');
      return element('typed').focus();
    }
    scanning = new AbortController();
    element('camera-box').hidden = false;
    button.setAttribute('aria-pressed', 'true');
    try {
      await scan(element('video'), seen, scanning.signal);
    } catch (error) {
      console.warn(error);
      if (scanning) act.camera();
      toast(`${t('driver.scan.none')} ${t('driver.scan.none.do')}`);
    }
  },
  condition(/** @type {string} */ value) {
    ui.draft.condition = value;
    showLane();
  },
  receipt(/** @type {Event} */ event) {
    event.preventDefault();
    const { kase, draft } = ui;
    const damage = draft.condition === 'damaged' ? words(draft.damage) : [];
    if (draft.condition === 'damaged' && damage.length === 0) {
      ui.draftFault = { field: 'damage', text: t('lane.receipt.damage.missing') };
      showLane();
      return element('receipt-damage').focus();
    }
    void once(async () => {
      const remark = draft.remark.trim();
      const fields = { container: kase.container, seals: words(draft.seals), condition: draft.condition, damage, ...(remark ? { remark } : {}) };
      await say('POST', 'documents', { kind: 'interchange-receipt', fields });
      if (ui.kase?.code !== kase.code) return;
      ui.isCorrecting = false;
      await refreshCase();
      element('typed').focus({ preventScroll: true });
    });
  },
  correct() {
    const { seals, condition, damage, remark } = ui.receipt;
    Object.assign(ui, { isCorrecting: true, draftFault: null, draft: { ...blank(), seals: seals.join(' '), condition, damage: damage.join(' '), remark: remark ?? '' } });
    showLane();
    element('receipt-seals').focus();
  },
  keepReceipt() {
    Object.assign(ui, { isCorrecting: false, draftFault: null });
    showLane();
  },
  out: () => void letOut(),
  outUnsigned(/** @type {Event} */ event) {
    event.preventDefault();
    ui.isUnsigned = true;
    const why = ui.draft.why.trim();
    if (why) void letOut(why);
  },
  override() {
    ui.overrideFault = '';
    open(views.override(context()));
    element('override-reason').focus();
  },
  async overriding(/** @type {any} */ event) {
    event.preventDefault();
    const form = new FormData(event.target);
    const { kase } = ui;
    const button = element('override-go');
    if (button.getAttribute('aria-busy')) return;
    button.setAttribute('aria-busy', 'true');
    try {
      const until = new Date(now() + Number(form.get('hours')) * 3_600_000 - 60_000).toISOString();
      const fields = { container: kase.container, light: form.get('light'), reason: String(form.get('reason')).trim(), valid_until: until };
      const said = await say('POST', 'documents', { kind: 'override', fields });
      act.close();
      toast(said.event === 'pending' ? t('lane.override.pending') : t('lane.override.done'));
      await refreshCase();
    } catch (error) {
      ui.overrideFault = wordsOf(error);
      if (document.getElementById('override-dialog')) open(views.override(context()));
    }
  },
  settings: () => open(views.settings(context())),
  close: () => /** @type {HTMLDialogElement | null} */ (document.querySelector('dialog[open]'))?.close(),
  async language(/** @type {string} */ code) {
    await i18n.start(code);
    showAll();
    open(views.settings(context()));
    element('language').focus();
    if (ui.session) await say('PUT', 'session/language', { language: code.slice(0, 2) }).catch(() => null);
  },
  theme(/** @type {string} */ theme) {
    localStorage.setItem(THEME, theme);
    useTheme(theme);
  },
  sound(/** @type {boolean} */ isOn) {
    ui.hasSound = isOn;
    localStorage.setItem(SOUND, isOn ? 'on' : 'off');
    sound(isOn, true);
  },
  async logout() {
    await say('DELETE', 'session').catch(() => null);
    location.reload();
  },
  ask: say,
  async known(/** @type {any} */ session) {
    act.close();
    await enter(session);
  },
  async login(/** @type {any} */ event) {
    event.preventDefault();
    const form = new FormData(event.target);
    ui.loginName = String(form.get('login'));
    const fault = element('login-fault');
    fault.textContent = '';
    try {
      await act.known(await say('POST', 'session', { login: ui.loginName, password: form.get('password') }));
    } catch (error) {
      if (!(error instanceof Problem || error instanceof Unreachable)) throw error;
      const texts = /** @type {Record<string, string>} */ ({ 'login-wrong': t('lane.login.wrong'), 'login-limited': t('lane.login.limited') });
      fault.textContent = error instanceof Problem ? texts[error.code] ?? error.detail : t('ui.offline');
      element('login-password').select();
    }
  },
});

/** What the camera reads: the same code stays in its picture for a while. */
let lastSeen = '';
/** @param {string} text */
function seen(text) {
  if (text === lastSeen || ui.isBusy) return;
  lastSeen = text;
  take(text);
}

/** What the keys of the screen do, when there is something to do. @type {Record<string, () => void>} */
const keys = {
  F2: () => element('typed')?.select(),
  F4: () => (element('receipt-seals') ?? element('correct'))?.focus(),
  F6: () => (document.querySelector('#queue .slot') ?? element('queue-title'))?.focus(),
  F8: () => {
    if (ui.stands === 'ready') void letOut();
    if (ui.stands !== 'signature') return;
    ui.isUnsigned = true;
    showLane();
    element('why')?.focus();
  },
  F9: () => element('override')?.click(),
  Escape: () => {
    lastSeen = '';
    clear();
  },
};

/** @param {KeyboardEvent} event */
function keydown(event) {
  if (isAsked() || !ui.session || !element('typed') || event.isComposing) return;
  const target = /** @type {HTMLElement} */ (event.target);
  if (Object.hasOwn(keys, event.key) && !event.ctrlKey && !event.altKey && !event.metaKey) {
    event.preventDefault();
    return keys[event.key]();
  }
  // A scanner types wherever the focus is; what it types belongs into the field.
  const isText = event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.altKey && !event.metaKey;
  if (isText && !target.closest('input, textarea, select')) element('typed').focus({ preventScroll: true });
}

async function begin() {
  useTheme(ui.theme);
  told.over = askLogin;
  // Without them the signs of a lost network would come without their icons.
  await Promise.all([i18n.start(), keepIcons()]);
  showBar();
  i18n.translate(document.body);
  document.addEventListener('keydown', keydown);
  addEventListener('offline', () => reached(false));
  addEventListener('online', () => void heartbeat());
  told.back = () => live?.again();
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void heartbeat());
  setInterval(mellow, TICK_MS);
  setInterval(() => void heartbeat(), HEARTBEAT_MS);
  await wake();
}

begin().catch((error) => {
  console.error(error);
  replace(element('verdict'), h('p', { class: 'note stop' }, t('ui.error')));
});
