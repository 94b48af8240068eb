/** What the screen shows. Thin: what holds is decided in state.js; words come from the texts. */

import { byPasskey } from '../lib/bypasskey.js';
import { h, icon } from '../lib/dom.js';
import * as format from '../lib/format.js';
import { has, language, locale, plural, t, word } from '../lib/i18n.js';
import { behind, familyOf, need, owner } from '../lib/need.js';
import { NoAnswer } from '../lib/passkey.js';
import { trouble } from '../lib/trouble.js';
import { Problem, Unreachable } from './api.js';
import { REMARK_MAX, VERDICT_LIFE_MS, overridable, queue } from './state.js';

/**
 * @typedef {{ ui: any, act: Record<string, (...args: any[]) => any>, now: number }} Context
 */

/** @param {Context} c */
const place = (c) => ({ language: locale(), zone: c.ui.session?.zone ?? 'UTC', now: c.now });
/** @param {Context} c @param {number | string} at */
const timeOf = (c, at) => format.time(at, place(c));
/** A party by its name in the directory with what it is, a role by its word. @param {Context} c @param {string} who */
const nameOf = (c, who) => owner(who, c.ui.parties);
/** The id of a party beside its name, for who asks the operator. @param {Context} c @param {string} who */
const idOf = (c, who) => (c.ui.parties.has(who) ? who : null);
/** @param {string} kind @param {string} image @param {string} text */
const badge = (kind, image, text) => h('span', { class: `badge ${kind}` }, icon(image), text);
/** @param {string} kind @param {string} image @param {...any} content */
const note = (kind, image, ...content) => h('p', { class: `note ${kind}` }, icon(image), h('span', null, ...content));
/** @param {string} name @param {any} value */
const fact = (name, value) => h('div', null, h('dt', null, name), h('dd', null, value));
/** @param {number} seconds */
const span = (seconds) => format.span(seconds * 1000, locale());
/** @param {string} key */
const kbd = (key) => h('kbd', { 'aria-hidden': 'true' }, key);

/** Until then a verdict is of just now, in ms. */
const JUST_MS = 5_000;

/** Keys of the screen, none of which a scanner types. */
const KEYS = [
  ['F2', /* t */ 'lane.key.field'], ['F4', /* t */ 'lane.key.receipt'], ['F6', /* t */ 'lane.key.queue'],
  ['F8', /* t */ 'lane.key.out'], ['F9', /* t */ 'lane.key.override'], ['Esc', /* t */ 'lane.key.next'],
];

/**
 * What a text that is no pass to be judged means at the lane, and what helps.
 * @type {Record<string, [string, string]>}
 */
const UNREAD = {
  expired: [/* t */ 'lane.unread.expired', /* t */ 'lane.unread.expired.do'],
  'issued-in-future': [/* t */ 'lane.unread.future', /* t */ 'lane.unread.future.do'],
  'case-unknown': [/* t */ 'lane.unread.unknown', /* t */ 'lane.unread.unknown.do'],
  malformed: [/* t */ 'lane.unread.malformed', /* t */ 'lane.unread.malformed.do'],
  'no-pass': [/* t */ 'lane.unread.malformed', /* t */ 'lane.unread.malformed.do'],
  'bad-signature': [/* t */ 'lane.unread.forged', /* t */ 'lane.unread.forged.do'],
  'unknown-party': [/* t */ 'lane.unread.foreign', /* t */ 'lane.unread.foreign.do'],
};

/**
 * What helps against a reason of the gate's own.
 * @type {Record<string, string>}
 */
const HELP = {
  'no-pass': /* t */ 'lane.help.no-pass',
  'other-container': /* t */ 'lane.help.other-container',
  'pass-superseded': /* t */ 'lane.help.pass-superseded',
  'pass-withdrawn': /* t */ 'lane.help.pass-withdrawn',
  'driver-unknown': /* t */ 'lane.help.driver-unknown',
  'too-early': /* t */ 'lane.help.too-early',
  expired: /* t */ 'lane.help.expired',
  'plate-not-allowed': /* t */ 'lane.help.plate-not-allowed',
  'right-consumed': /* t */ 'lane.help.right-consumed',
};

// Around.

/** @param {Context} c */
export function bar(c) {
  const { session, isThere } = c.ui;
  const line = isThere ? badge('go', 'check', t('lane.connected')) : badge('stop', 'offline', t('ui.offline'));
  return [
    h('span', { class: 'brand' }, h('img', { src: '../driver/icon.svg', alt: '' })),
    h('h1', { id: 'title', tabindex: '-1' }, t('lane.title')),
    session && h('span', { class: 'soft party' }, session.party_name ?? session.party),
    line,
    session && h('span', { class: 'soft who' }, session.name),
    h('button', { class: 'button quiet', id: 'settings', 'aria-label': t('ui.settings'), onclick: c.act.settings }, icon('settings')),
  ].filter(Boolean);
}

/** @param {Context} c */
export function signs(c) {
  const { isThere, lostAt } = c.ui;
  return [
    !isThere && note('stop', 'offline', t('lane.offline', { time: timeOf(c, lostAt) })),
  ].filter(Boolean);
}

/** Only keys that do something for who is logged in. @param {Context} c */
export function keys(c) {
  return KEYS.filter(([key]) => key !== 'F9' || mayOverride(c)).map(([key, text]) => h('span', null, h('kbd', null, key), ' ', t(text)));
}

/** @param {Context} c */
const mayOverride = (c) => c.ui.session?.may.includes('sign') ?? false;

// What is scanned or typed.

/** Built once: what is typed in it stays. @param {Context} c */
export function scanForm(c) {
  const { act } = c;
  return h('form', { class: 'scan', onsubmit: act.submit },
    h('div', { class: 'field grow' },
      h('label', { for: 'typed', 'data-t': /* t */ 'lane.typed' }),
      h('input', {
        id: 'typed', name: 'typed', type: 'text', autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false',
        enterkeyhint: 'go', lang: 'en', 'aria-describedby': 'typed-hint',
      }),
      h('p', { class: 'hint', id: 'typed-hint', 'data-t': /* t */ 'lane.typed.hint' })),
    h('div', { class: 'field' },
      h('label', { for: 'plate', 'data-t': /* t */ 'lane.plate' }),
      h('input', { id: 'plate', name: 'plate', type: 'text', autocomplete: 'off', autocapitalize: 'characters', spellcheck: 'false', 'aria-describedby': 'plate-hint' }),
      h('p', { class: 'hint', id: 'plate-hint', 'data-t': /* t */ 'lane.plate.hint' })),
    h('div', { class: 'row buttons' },
      h('button', { class: 'button primary', id: 'check', type: 'submit' }, icon('next'), h('span', { 'data-t': /* t */ 'lane.check' })),
      h('button', { class: 'button', id: 'camera', type: 'button', 'aria-pressed': 'false', onclick: act.camera }, icon('camera'), h('span', { 'data-t': /* t */ 'lane.camera' }))),
    h('div', { class: 'camera', id: 'camera-box', hidden: true }, h('video', { id: 'video', playsinline: true, muted: true, 'data-t-label': /* t */ 'lane.camera' })));
}

// The verdict.

/** @param {Context} c */
export function verdict(c) {
  const { shown, isBusy } = c.ui;
  if (isBusy) return [panel('wait', 'clock', t('lane.deciding'))];
  if (!shown) return [h('section', { class: 'verdict calm' }, h('h2', null, icon('truck'), t('lane.ready')), h('p', null, t('lane.ready.do')))];
  switch (shown.kind) {
    case 'decision': return decision(c, shown);
    case 'unread': return unread(c, shown);
    case 'choose': return choose(c, shown);
    case 'done': return [panel('go', 'check', t(shown.title), ...subject(shown), h('p', null, shown.text), agoLine(c))];
    default: return [panel(shown.tone ?? 'wait', 'warning', t(shown.title, shown.values), h('p', null, shown.text), agoLine(c))];
  }
}

/** @param {string} tone @param {string} image @param {string} title @param {...any} more */
function panel(tone, image, title, ...more) {
  return h('section', { class: `verdict ${tone}`, id: 'panel', 'data-tone': tone }, h('h2', null, icon(image), title), ...more);
}

/** @param {any} shown */
function subject(shown) {
  return [
    shown.container && h('p', { class: 'number code' }, format.container(shown.container)),
    shown.plate && h('p', { class: 'plate code' }, shown.plate),
  ];
}

/** How old it is; the page's clock keeps it true. @param {Context} c */
function agoLine(c) {
  return h('p', { class: 'ago', 'data-live': 'ago', 'aria-live': 'off' }, ago(c));
}

/** @param {Context} c */
export function ago(c) {
  const { shown } = c.ui;
  const passed = Math.max(0, c.now - shown.at);
  const isDecided = ['decision', 'unread'].includes(shown.kind);
  const time = new Intl.DateTimeFormat(locale(), { timeZone: place(c).zone, hourCycle: 'h23', hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(shown.at);
  if (!isDecided) return t('lane.at', { time });
  if (passed >= VERDICT_LIFE_MS) return t('lane.old', { time });
  if (passed < JUST_MS) return t('lane.just', { time });
  return t('lane.ago', { time, span: span(Math.floor(passed / 1000)) });
}

/** @param {Context} c @param {any} shown */
function decision(c, shown) {
  const { said, seen } = shown;
  const isAdmitted = said.verdict === 'admit';
  const bound = c.ui.kase?.code === said.case ? c.ui.kase?.driver?.plate : null;
  const head = panel(isAdmitted ? 'go' : 'stop', isAdmitted ? 'check' : 'cross', isAdmitted ? word('verdict', 'admit') : t('lane.refused'),
    ...subject({ container: said.container, plate: said.plate ?? bound }),
    isAdmitted && !said.plate && bound && h('p', null, t('lane.compare')),
    agoLine(c));
  return [
    head,
    shown.before && note('wait', 'warning', t('lane.before', { time: timeOf(c, shown.before) })),
    !isAdmitted && h('section', { class: 'card reasons' }, h('ul', { class: 'needs' }, said.reasons.map((/** @type {any} */ r) => reason(c, r, seen, bound)))),
    passedOver(said),
    knowledge(c, said),
  ].filter(Boolean);
}

/** @param {Context} c @param {any} said a reason @param {string} seen @param {string | null} bound */
function reason(c, said, seen, bound) {
  const pass = c.ui.kase?.pass;
  const more = [
    said.code === 'plate-not-allowed' && t('lane.plates', { seen, bound: bound ?? '?' }),
    said.code === 'too-early' && pass && t('driver.pass.from', { time: timeOf(c, pass.not_before) }),
  ].filter(Boolean);
  const facts = behind(said, { time: (at) => timeOf(c, at), rolesOf: (who) => c.ui.parties.get(who)?.roles });
  const help = helpOf(c, said);
  return h('li', { class: 'need stop', 'data-code': said.code }, icon('cross'),
    h('div', null, h('b', null, need(said.code)), [...more, ...facts].map((one) => h('p', null, one)), help && h('p', null, help),
      h('p', { class: 'by', title: idOf(c, said.owed_by) }, t('lane.solves', { who: nameOf(c, said.owed_by) }))));
}

/** What helps against a reason. @param {Context} c @param {any} said */
function helpOf(c, said) {
  const { kase, shown } = c.ui;
  const isNone = kase && kase.code === shown?.said?.case && !kase.pass;
  if (said.code === 'no-pass' && isNone) return t('lane.help.no-pass-yet');
  if (HELP[said.code]) return t(HELP[said.code]);
  // Who cannot name a driver is told to pass the right on.
  const roles = c.ui.parties.get(said.owed_by)?.roles;
  if (said.code === 'driver-missing' && roles && !roles.includes('haulier')) return null;
  const key = `${familyOf(said.code)}.${said.code}.do`;
  return has(key) ? t(key) : null;
}

/** @param {any} said */
function passedOver(said) {
  return said.overrides && note('', 'pen', t('lane.overridden', { who: said.overrides.map((/** @type {any} */ one) => one.person).join(', ') }));
}

/** How old what it was decided by is. @param {Context} c @param {any} said */
function knowledge(c, said) {
  const final = said.log?.final;
  const overdue = said.directory_overdue_s;
  return h('ul', { class: 'knows' },
    h('li', { class: overdue ? 'late' : '' }, overdue
      ? t('lane.knows.directory-overdue', { n: said.directory, span: span(said.directory_age_s), late: span(overdue) })
      : t('lane.knows.directory', { n: said.directory, span: span(said.directory_age_s) })),
    h('li', null, t('lane.knows.fact', { span: span(said.oldest_fact_s) })),
    h('li', { class: final?.overdue ? 'late' : '' }, final ? t('lane.knows.final', { span: span(final.age_s) }) : t('lane.knows.no-final')),
    said.log?.refused_by?.length > 0 && h('li', { class: 'late' }, t('lane.knows.refused', { who: said.log.refused_by.map((/** @type {any} */ one) => c.ui.parties.get(one.party)?.name ?? one.party).join(', ') })));
}

/** What was shown is no pass to be judged. @param {Context} c @param {any} shown */
function unread(c, shown) {
  const [what, help] = UNREAD[shown.code] ?? [`refusal.${shown.code}`, `refusal.${shown.code}.do`];
  return [
    panel('stop', 'cross', t('lane.refused'), agoLine(c)),
    h('section', { class: 'card reasons' }, h('ul', { class: 'needs' },
      h('li', { class: 'need stop', 'data-code': shown.code }, icon('cross'),
        h('div', null, h('b', null, has(what) ? t(what) : shown.code), has(help) && h('p', null, t(help)),
          h('p', { class: 'by' }, t('lane.solves', { who: word('role', 'driver') })))))),
  ];
}

/** @param {Context} c @param {any} shown */
function choose(c, shown) {
  return [
    h('section', { class: 'verdict calm', id: 'panel' }, h('h2', null, t('lane.choose')), h('p', null, plural('lane.choose.found', shown.lines.length))),
    h('ul', { class: 'list choices' }, shown.lines.map((/** @type {any} */ line, /** @type {number} */ at) =>
      h('li', null, h('button', { class: 'button wide', id: `choice-${at}`, onclick: () => c.act.chosen(line) },
        h('span', { class: 'code' }, format.container(line.container)), line.plate && h('span', { class: 'code plate' }, line.plate),
        line.slot && h('span', { class: 'soft' }, format.window(line.slot, place(c))))))),
  ];
}

// The truck in the lane.

/** @param {Context} c */
export function lane(c) {
  const { kase, stands } = c.ui;
  if (!kase) return [];
  const isOut = stands === 'left';
  return [h('section', { class: 'card stack', id: 'case', 'aria-labelledby': 'case-title', 'data-stands': stands },
    h('div', { class: 'row apart' },
      h('h2', { id: 'case-title', class: 'code' }, format.container(kase.container)),
      h('span', { class: 'code soft' }, kase.code)),
    !isOut && lights(kase),
    h('dl', { class: 'facts two' },
      kase.driver && fact(t('field.plate'), h('span', { class: 'code' }, kase.driver.plate)),
      kase.driver?.name && fact(t('role.driver'), kase.driver.name),
      kase.slot?.from && fact(t('field.slot'), format.window(kase.slot, place(c))),
      kase.right?.holder && fact(t('field.holder'), h('span', { title: idOf(c, kase.right.holder) }, nameOf(c, kase.right.holder))),
      kase.box?.size_type && fact(t('field.size-type'), h('span', { class: 'code' }, kase.box.size_type)),
      kase.box?.position && fact(t('field.position'), kase.box.position)),
    kase.incomplete && note('stop', 'warning', t('lane.incomplete')),
    overrides(c),
    ...step(c))];
}

/** @param {any} kase */
function lights(kase) {
  const looks = /** @type {Record<string, string[]>} */ ({ green: ['go', 'check'], red: ['stop', 'cross'], overridden: ['passed-over', 'pen'] });
  return h('ul', { class: 'lights' }, ['commercial', 'customs', 'terminal'].map((light) => {
    const [tone, image] = looks[kase.lights[light]] ?? ['wait', 'clock'];
    const state = has(`light-state.${kase.lights[light]}`) ? word('light-state', kase.lights[light]) : t('lane.unknown');
    return h('li', { class: tone }, icon(image), word('light', light), ' ', h('b', null, state));
  }));
}

/** @param {Context} c */
function overrides(c) {
  const { kase, pending } = c.ui;
  const standing = kase.overrides.map((/** @type {any} */ one) =>
    note('', 'pen', t('lane.override.stands', { light: word('light', one.light), who: one.person, reason: one.reason, time: timeOf(c, one.until) })));
  const waiting = pending.map((/** @type {any} */ draft) => note('wait', 'clock', t('lane.override.waits', { who: draft.person, time: timeOf(c, draft.until) })));
  const red = kase.state === 'open' ? overridable(kase) : [];
  return h('div', { class: 'stack overrides' }, standing, waiting,
    red.length > 0 && pending.length === 0 && (mayOverride(c)
      ? h('button', { class: 'button', id: 'override', onclick: c.act.override }, icon('pen'), t('lane.override'), kbd('F9'))
      : h('p', { class: 'soft small' }, t('lane.override.who'))));
}

/** What is to be done next. @param {Context} c */
function step(c) {
  const { kase, stands, isCorrecting } = c.ui;
  if (stands === 'left') return [note('go', 'check', t('lane.left', { time: timeOf(c, kase.gate_out.left_at) }))];
  if (stands === 'outside') return [note('', 'truck', t('lane.outside'))];
  if (stands === 'receipt' || isCorrecting) return [receiptForm(c)];
  return [receiptCard(c), stands === 'ready' ? outButton(c) : unsigned(c)];
}

/** @param {Context} c */
function receiptForm(c) {
  const { draft, draftFault } = c.ui;
  const { act } = c;
  const isDamaged = draft.condition === 'damaged';
  const field = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string | null} */ hint) => h('div', { class: 'field' },
    h('label', { for: `receipt-${name}` }, label),
    h('input', {
      id: `receipt-${name}`, name, type: 'text', autocomplete: 'off', spellcheck: 'false', value: draft[name], maxlength: String(REMARK_MAX),
      'aria-describedby': hint ? `receipt-${name}-hint` : null, 'aria-invalid': draftFault?.field === name ? 'true' : null,
      oninput: (/** @type {any} */ e) => { draft[name] = e.target.value; },
    }),
    hint && h('p', { class: 'hint', id: `receipt-${name}-hint` }, hint),
    draftFault?.field === name && h('p', { class: 'fault', role: 'alert' }, draftFault.text));
  const choice = (/** @type {string} */ value) => h('label', { class: 'check' },
    h('input', { type: 'radio', name: 'condition', value, id: `condition-${value}`, checked: draft.condition === value, onchange: () => act.condition(value) }),
    word('condition', value));
  return h('form', { class: 'stack', id: 'receipt', onsubmit: act.receipt },
    h('h3', null, t('lane.receipt')), h('p', { class: 'soft small' }, t('lane.receipt.lead')),
    field('seals', t('field.seals'), t('lane.receipt.seals')),
    h('fieldset', { class: 'plain' }, h('legend', null, t('field.condition')), h('div', { class: 'row' }, choice('sound'), choice('damaged'))),
    isDamaged && field('damage', t('field.damage'), t('lane.receipt.damage')),
    field('remark', t('field.remark'), t('lane.receipt.remark')),
    draftFault && !draftFault.field && note('stop', 'warning', draftFault.text),
    h('div', { class: 'row' },
      h('button', { class: 'button primary', id: 'sign-receipt', type: 'submit', 'aria-busy': c.ui.isSigning ? 'true' : null }, icon('pen'), t('lane.receipt.sign')),
      c.ui.isCorrecting && h('button', { class: 'button', type: 'button', onclick: act.keepReceipt }, t('ui.cancel'))));
}

/** @param {Context} c */
function receiptCard(c) {
  const { receipt } = c.ui;
  if (!receipt) return note('wait', 'clock', t('ui.loading'));
  const isDamaged = receipt.condition === 'damaged';
  return h('div', { class: 'stack' },
    h('h3', null, t('lane.receipt')),
    h('dl', { class: 'facts two' },
      fact(t('field.seals'), receipt.seals.length > 0 ? h('span', { class: 'code' }, receipt.seals.join(' ')) : t('ui.none')),
      fact(t('field.condition'), badge(isDamaged ? 'stop' : 'go', isDamaged ? 'warning' : 'check', word('condition', receipt.condition))),
      receipt.damage.length > 0 && fact(t('field.damage'), h('span', { class: 'code' }, receipt.damage.join(' '))),
      receipt.remark && fact(t('field.remark'), receipt.remark)),
    h('div', null, h('button', { class: 'button quiet', id: 'correct', onclick: c.act.correct }, t('lane.receipt.correct'))));
}

/** @param {Context} c */
function outButton(c) {
  return h('div', { class: 'stack' }, note('go', 'check', t('lane.signed')), fault(c),
    h('button', { class: 'button primary wide', id: 'out', onclick: () => c.act.out(), 'aria-busy': c.ui.isSigning ? 'true' : null }, icon('truck'), t('lane.out'), kbd('F8')));
}

/** @param {Context} c */
function unsigned(c) {
  return h('form', { class: 'stack', onsubmit: c.act.outUnsigned },
    h('p', { class: 'note wait', id: 'waits', role: 'status' }, icon('clock'), h('span', null, t('lane.waits'))),
    h('details', { open: c.ui.draft.why !== '' || c.ui.isUnsigned },
      h('summary', { id: 'unsigned' }, t('lane.unsigned')),
      h('div', { class: 'stack' },
        h('div', { class: 'field' },
          h('label', { for: 'why' }, t('lane.unsigned.why')),
          h('input', {
            id: 'why', name: 'why', type: 'text', autocomplete: 'off', required: true, value: c.ui.draft.why, maxlength: String(REMARK_MAX), 'aria-describedby': 'why-hint',
            oninput: (/** @type {any} */ e) => { c.ui.draft.why = e.target.value; },
          }),
          h('p', { class: 'hint', id: 'why-hint' }, t('lane.unsigned.hint'))),
        fault(c),
        h('button', { class: 'button wide', id: 'out-unsigned', type: 'submit', 'aria-busy': c.ui.isSigning ? 'true' : null }, icon('truck'), t('lane.out')))));
}

/** @param {Context} c */
function fault(c) {
  return c.ui.draftFault && h('p', { class: 'note stop', role: 'alert' }, icon('warning'), h('span', null, c.ui.draftFault.text));
}

// The day.

/** @param {Context} c */
export function queueList(c) {
  const { slots, slotsAt, isWhole } = c.ui;
  const title = h('h2', { id: 'queue-title', tabindex: '-1' }, t('lane.queue'));
  if (!slots) return [h('section', { class: 'card stack' }, title, h('p', { class: 'soft' }, t('ui.loading')))];
  const { here, expected, left, isOver } = queue(slots, c.now);
  const rows = (/** @type {any[]} */ some) => h('ul', { class: 'list rows' }, some.map((slot) => row(c, slot, isOver(slot))));
  const part = (/** @type {string} */ name, /** @type {any[]} */ some, /** @type {string} */ empty) => h('section', { class: 'part', 'data-part': name },
    h('h3', { class: 'row apart' }, h('span', null, t(empty)), h('span', { class: 'count' }, String(some.length))), some.length > 0 && rows(some));
  return [h('section', { class: 'card stack', 'aria-labelledby': 'queue-title' },
    h('div', { class: 'row apart' }, title, h('span', { class: 'soft small' }, t('lane.queue.as-of', { time: timeOf(c, slotsAt) }))),
    !isWhole && note('wait', 'clock', t('lane.queue.partial')),
    part('here', here, /* t */ 'lane.queue.here'),
    part('expected', expected, /* t */ 'lane.queue.expected'),
    h('details', { class: 'part', 'data-part': 'left', open: c.ui.isLeftOpen, ontoggle: (/** @type {any} */ e) => { c.ui.isLeftOpen = e.target.open; } },
      h('summary', { id: 'left' }, plural('lane.queue.left', left.length)), left.length > 0 && rows(left)))];
}

/** @param {Context} c @param {any} slot @param {boolean} isOver */
function row(c, slot, isOver) {
  const state = slotState(slot, isOver);
  const isShown = c.ui.kase?.code === slot.code;
  return h('li', null, h('button', { class: 'slot', id: `slot-${slot.code}`, 'aria-current': isShown ? 'true' : null, onclick: () => c.act.look(slot.code) },
    h('span', { class: 'code plate' }, slot.plate ?? '–'),
    h('span', { class: 'code' }, format.container(slot.container)),
    h('span', { class: 'soft small' }, format.window(slot.slot, place(c))),
    badge(state[0], state[1], state[2])));
}

/** @param {any} slot @param {boolean} isOver @returns {[string, string, string]} */
function slotState(slot, isOver) {
  if (slot.state === 'left') return ['', 'check', t('lane.slot.left')];
  if (slot.state === 'here') {
    if (slot.receipt === 'none') return ['wait', 'truck', t('lane.slot.here')];
    return slot.receipt === 'both' ? ['go', 'check', t('lane.slot.signed')] : ['wait', 'pen', t('lane.slot.unsigned')];
  }
  if (isOver) return ['stop', 'clock', t('lane.slot.over')];
  if (slot.state === 'refused') return ['stop', 'cross', t('lane.slot.refused')];
  return slot.pass ? ['go', 'check', t('lane.slot.pass')] : ['wait', 'clock', t('lane.slot.no-pass')];
}

// Dialogs.

/** @param {Context} c */
export function login(c) {
  const { loginFault, loginName } = c.ui;
  return h('dialog', { class: 'dialog', id: 'login', 'aria-labelledby': 'login-title', oncancel: (/** @type {Event} */ e) => e.preventDefault() },
    h('form', { class: 'stack', onsubmit: c.act.login },
      h('h2', { id: 'login-title' }, c.ui.session ? t('lane.login.again') : t('lane.login')),
      c.ui.session && h('p', { class: 'soft' }, t('lane.login.kept')),
      h('div', { class: 'field' }, h('label', { for: 'login-name' }, t('lane.login.name')),
        h('input', { id: 'login-name', name: 'login', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true, value: loginName })),
      h('div', { class: 'field' }, h('label', { for: 'login-password' }, t('lane.login.password')),
        h('input', { id: 'login-password', name: 'password', type: 'password', autocomplete: 'current-password', required: true, 'aria-describedby': 'login-fault' }),
        h('p', { class: 'fault', id: 'login-fault', role: 'alert' }, loginFault)),
      h('div', { class: 'actions' }, h('button', { class: 'button primary', id: 'login-go', type: 'submit' }, t('lane.login.go'))),
      byPasskey(c.act.ask, c.act.known, refusal)));
}

/** Why something was not done, and what helps. @param {unknown} error */
function refusal(error) {
  const isAnswered = error instanceof Problem || error instanceof NoAnswer;
  if (!isAnswered && !(error instanceof Unreachable)) throw error;
  const { code, fact, remedy } = isAnswered ? trouble(error) : { code: 'unreachable', fact: t('ui.offline'), remedy: '' };
  return h('p', { class: 'note stop', role: 'alert', 'data-code': code }, icon('warning'), h('span', null, h('b', null, fact), ' ', remedy));
}

/** @param {Context} c */
export function override(c) {
  const { kase, overrideFault } = c.ui;
  const red = overridable(kase);
  return h('dialog', { class: 'dialog', id: 'override-dialog', 'aria-labelledby': 'override-title' },
    h('form', { class: 'stack', onsubmit: c.act.overriding },
      h('h2', { id: 'override-title' }, t('lane.override')),
      h('p', { class: 'soft' }, t('lane.override.lead', { who: c.ui.session.name })),
      h('div', { class: 'field' }, h('label', { for: 'override-light' }, t('lane.override.light')),
        h('select', { id: 'override-light', name: 'light' }, red.map((light) => h('option', { value: light }, word('light', light))))),
      h('div', { class: 'field' }, h('label', { for: 'override-reason' }, t('field.reason')),
        h('input', { id: 'override-reason', name: 'reason', type: 'text', required: true, maxlength: String(REMARK_MAX), autocomplete: 'off' })),
      h('div', { class: 'field' }, h('label', { for: 'override-hours' }, t('lane.override.for')),
        h('select', { id: 'override-hours', name: 'hours' }, [1, 4, 8, 24].map((n) => h('option', { value: String(n), selected: n === 8 }, span(n * 3600))))),
      overrideFault && h('p', { class: 'note stop', role: 'alert' }, icon('warning'), h('span', null, overrideFault)),
      h('div', { class: 'actions' },
        h('button', { class: 'button', type: 'button', onclick: c.act.close }, t('ui.cancel')),
        h('button', { class: 'button danger', id: 'override-go', type: 'submit' }, t('lane.override.sign')))));
}

/** @param {Context} c */
export function settings(c) {
  const { ui, act } = c;
  const themes = { auto: t('ui.theme-auto'), light: t('ui.theme-light'), dark: t('ui.theme-dark') };
  return h('dialog', { class: 'dialog', id: 'settings-dialog', 'aria-labelledby': 'settings-title' },
    h('h2', { id: 'settings-title' }, t('ui.settings')),
    h('div', { class: 'field' }, h('label', { for: 'language' }, t('ui.language')),
      h('select', { id: 'language', onchange: (/** @type {any} */ e) => act.language(e.target.value) },
        ui.languages.map((/** @type {any} */ l) => h('option', { value: l.code, lang: l.code, selected: l.code === language() }, l.name)))),
    h('div', { class: 'field' }, h('label', { for: 'theme' }, t('ui.theme')),
      h('select', { id: 'theme', onchange: (/** @type {any} */ e) => act.theme(e.target.value) },
        Object.entries(themes).map(([value, text]) => h('option', { value, selected: value === ui.theme }, text)))),
    h('label', { class: 'check' }, h('input', { type: 'checkbox', id: 'sound', checked: ui.hasSound, onchange: (/** @type {any} */ e) => act.sound(e.target.checked) }), t('lane.sound')),
    h('div', { class: 'actions' },
      ui.session && h('a', { class: 'button', id: 'account', href: '../#/account' }, t('console.account')),
      ui.session && h('button', { class: 'button', id: 'logout', onclick: act.logout }, t('lane.logout')),
      h('button', { class: 'button primary', onclick: act.close }, t('ui.close'))));
}

/** Nothing of this screen is for who is logged in, or for this party. @param {Context} c @param {string} title @param {string} text */
export function notHere(c, title, text) {
  return [h('div', { class: 'quiet-page' }, icon('shield'), h('h2', null, title), h('p', null, text),
    h('button', { class: 'button', id: 'logout-here', onclick: c.act.logout }, t('lane.logout')))];
}
