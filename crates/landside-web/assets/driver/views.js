/** What each page of the app shows. Thin: what holds is decided in state.js; words come from the texts. */

import { h, icon } from '../lib/dom.js';
import * as format from '../lib/format.js';
import { has, language, locale, plural, t, word } from '../lib/i18n.js';
import { isPassAlive, phase, slot, split } from './state.js';

/**
 * @typedef {{ phone: import('./phone.js').Phone, now: number, ui: any, act: Record<string, (...args: any[]) => any> }} Context
 * @typedef {import('./state.js').Job} Job
 */

/**
 * How a phase is shown: colour, icon, text.
 * @type {Record<string, [string, string, string]>}
 */
const PHASES = {
  waiting: ['wait', 'clock', /* t */ 'driver.state.waiting'],
  early: ['wait', 'clock', /* t */ 'driver.state.early'],
  ready: ['go', 'check', /* t */ 'driver.state.ready'],
  admitted: ['go', 'truck', /* t */ 'driver.state.admitted'],
  sign: ['wait', 'pen', /* t */ 'driver.state.sign'],
  signed: ['go', 'check', /* t */ 'driver.state.signed'],
  refused: ['stop', 'cross', /* t */ 'driver.state.refused'],
  left: ['go', 'check', /* t */ 'driver.state.left'],
  ended: ['', 'cross', /* t */ 'driver.state.ended'],
};

/** @param {Context} c */
const place = (c) => ({ language: locale(), zone: c.phone.enrolment?.zone ?? 'UTC', now: c.now });
/** @param {Context} c @param {number | string} at */
const timeOf = (c, at) => format.time(at, place(c));
/** @param {number} ms */
const span = (ms) => format.span(ms, locale());
/** A party by its name; a role by its word. @param {Context} c @param {string} who */
const nameOf = (c, who) => (has(`role.${who}`) && !c.phone.directory?.has(who) ? word('role', who) : c.phone.directory?.nameOf(who) ?? who);

/** @param {string} kind @param {string} text @param {string} image */
const badge = (kind, image, text) => h('span', { class: `badge ${kind}` }, icon(image), text);
/** @param {string} kind @param {string} image @param {...any} content */
const note = (kind, image, ...content) => h('p', { class: `note ${kind}` }, icon(image), h('span', null, ...content));
/** @param {string} name @param {any} value */
const fact = (name, value) => h('div', null, h('dt', null, name), h('dd', null, value));

/** @param {Job} job @param {number} now */
function phaseBadge(job, now) {
  const [kind, image] = PHASES[phase(job, now)];
  return badge(kind, image, phaseText(job, now));
}

/** @param {Job} job @param {number} now */
export function phaseText(job, now) {
  return t(PHASES[phase(job, now)][2]);
}

/** @param {string} image @param {string} title @param {string} text */
function nothing(image, title, text) {
  return h('div', { class: 'quiet-page' }, icon(image), h('h2', null, title), text && h('p', null, text));
}

/** Signs above every page: no network and how old what is shown is; a wrong clock. @param {Context} c */
export function warnings(c) {
  const { isOnline, isUnknown, heardAt, clockOff } = c.phone;
  const age = heardAt === null ? null : format.age(heardAt, Date.now(), locale());
  const offline = age === null ? t('ui.offline') : t('ui.offline-age', { age });
  const isOff = Math.abs(clockOff) > c.ui.clockOffMs;
  return [
    isUnknown && h('p', { class: 'note stop', id: 'unknown', role: 'alert' }, icon('cross'), h('span', null, t('driver.unknown'))),
    !isOnline && !isUnknown && c.phone.enrolment && h('p', { class: 'note wait', id: 'offline' }, icon('offline'), h('span', null, offline)),
    isOff && note('stop', 'warning', t('driver.clock.wrong', { span: span(Math.abs(clockOff)) })),
  ].filter(Boolean);
}

// Enrolment.

/** @param {Context} c */
export function enrol(c) {
  const { ui, act } = c;
  const fault = ui.enrolFault && t(ui.enrolFault);
  return [
    h('div', { class: 'stack' },
      h('p', null, t('driver.enrol.lead')),
      h('button', { class: 'button primary wide', id: 'scan', onclick: act.scan }, icon('camera'), t('driver.enrol.scan'))),
    h('form', { class: 'card stack', novalidate: true, onsubmit: act.enrol },
      h('div', { class: 'field' },
        h('label', { for: 'invitation' }, t('driver.enrol.paste')),
        h('textarea', {
          id: 'invitation', name: 'invitation', autocomplete: 'off', spellcheck: 'false', required: true,
          'aria-describedby': 'invitation-hint invitation-fault', 'aria-invalid': fault ? 'true' : null, oninput: act.typed,
        }, ui.invitation),
        h('p', { class: 'hint', id: 'invitation-hint' }, t('driver.enrol.paste.hint')),
        h('p', { class: 'fault', id: 'invitation-fault', role: 'alert' }, fault)),
      h('button', { class: 'button wide', id: 'connect', type: 'submit', 'aria-busy': ui.isBusy ? 'true' : null }, t('driver.enrol.go'))),
    note('', 'shield', t('driver.enrol.key')),
  ];
}

/** @param {Context} c */
export function camera(c) {
  return [
    h('h2', null, t('driver.scan.title')),
    h('div', { class: 'camera' }, h('video', { id: 'video', playsinline: true, muted: true, 'aria-label': t('driver.scan.title') })),
    h('button', { class: 'button wide', id: 'stop', onclick: c.act.stopScan }, t('ui.cancel')),
  ];
}

// Jobs.

/** @param {Context} c */
export function jobList(c) {
  const { open } = split(c.phone.jobs, c.now);
  if (open.length === 0 && !c.phone.isVouched) {
    return [nothing('clock', t('driver.enrol.done'), t('driver.enrol.waiting'))];
  }
  if (open.length === 0) return [nothing('box', t('driver.jobs.empty'), t('driver.jobs.empty.do'))];
  return open.map((job) => jobCard(c, job));
}

/** @param {Context} c */
export function historyList(c) {
  const { over } = split(c.phone.jobs, c.now);
  return over.length === 0 ? [nothing('history', t('driver.history.empty'), '')] : over.map((job) => jobCard(c, job));
}

/** @param {Context} c @param {Job} job */
function jobCard(c, job) {
  const missing = job.progress?.needs.length ?? 0;
  const isWaiting = phase(job, c.now) === 'waiting';
  return h('a', { class: 'card job', href: `#/job/${job.key}` },
    h('div', { class: 'row apart' }, phaseBadge(job, c.now), h('span', { class: 'code small soft' }, job.code ?? '')),
    h('span', { class: 'number code' }, format.container(job.container)),
    h('div', { class: 'foot' },
      h('span', null, nameOf(c, job.terminal)),
      h('span', null, isWaiting && missing > 0 ? plural('driver.needs.count', missing) : slotLine(c, job).text)));
}

/** @param {Context} c @param {Job} job @returns {{ text: string, state: string }} */
function slotLine(c, job) {
  const held = slot(job, c.now);
  if (job.leftAt !== null) return { text: timeOf(c, job.leftAt), state: 'left' };
  if (held.state === 'none') return { text: t('driver.slot.none'), state: 'none' };
  const length = { span: span(held.span) };
  const texts = { starts: t('driver.slot.starts', length), open: t('driver.slot.open', length), over: t('driver.slot.over', length) };
  return { text: texts[held.state], state: held.state };
}

/** @param {Context} c @param {Job} job */
export function jobPage(c, job) {
  const now = phase(job, c.now);
  return [
    h('section', { class: 'head' },
      h('div', { class: 'row' }, phaseBadge(job, c.now)),
      h('p', { class: 'number code', id: 'container' }, format.container(job.container)),
      h('p', { class: 'soft' }, nameOf(c, job.terminal))),
    stage(c, job, now),
    action(c, job, now),
    now !== 'left' && now !== 'ended' && slotCard(c, job),
    (now === 'waiting' || now === 'early') && needsCard(c, job),
    !AFTER_GATE.includes(now) && now !== 'ended' && routeCard(c, job),
    returnCard(job),
    facts(c, job),
    timelineCard(c, job),
  ].filter(Boolean);
}

/** The one thing to do next. @param {Context} c @param {Job} job @param {string} now */
function action(c, job, now) {
  if (now === 'sign') {
    return h('a', { class: 'button primary wide', id: 'to-receipt', href: `#/job/${job.key}/receipt` }, icon('pen'), t('driver.receipt.title'));
  }
  if (!isPassAlive(job, c.now) || !['ready', 'early', 'refused', 'admitted'].includes(now)) return null;
  const href = `#/job/${job.key}/pass`;
  // Who asks for the code after the gate's word wants the code, and not that word once more.
  return h('a', { class: `button wide ${now === 'admitted' ? '' : 'primary'}`, id: 'to-pass', href, onclick: () => c.act.showAgain(job) },
    icon('truck'), ['refused', 'admitted'].includes(now) ? t('driver.pass.again') : t('driver.pass.show'));
}

/** Phases in which the gate has let the driver in. */
const AFTER_GATE = ['admitted', 'sign', 'signed', 'left'];

/**
 * What the gate's word, or the signature, means to the driver now; nothing while there is none.
 * @param {Context} c @param {Job} job @param {string} now
 */
function stage(c, job, now) {
  const big = (/** @type {string} */ tone, /** @type {string} */ image, /** @type {string} */ title, /** @type {(string | null | false | undefined)[]} */ ...lines) =>
    h('section', { class: `verdict ${tone}`, id: 'stage', 'data-stage': now }, icon(image), h('h2', null, title), lines.filter(Boolean).map((line) => h('p', null, line)));
  switch (now) {
    case 'refused': return reasons(c, job);
    case 'admitted': {
      const { position } = job.progress ?? {};
      const to = position ? t('driver.gate.to', { position }) : t('driver.gate.to-lane');
      return h('div', { class: 'stack' }, big('go', 'truck', t('driver.gate.admitted'), to), note('', 'pen', t('driver.gate.next')));
    }
    case 'signed': return big('go', 'check', t('driver.state.signed'), t('driver.receipt.done.do'));
    case 'left': return big('go', 'check', t('driver.state.left'), job.leftAt !== null && t('driver.left.at', { time: timeOf(c, job.leftAt) }));
    default: return null;
  }
}

/** @param {Context} c @param {Job} job */
function slotCard(c, job) {
  const held = slot(job, c.now);
  const window = held.state === 'none' ? null : format.window(held.window, place(c));
  return h('section', { class: 'card stack' },
    h('h2', { class: 'small soft' }, t('field.slot')),
    window && h('p', { class: 'left' }, window),
    h('p', { 'data-live': 'slot' }, slotLine(c, job).text),
    held.state !== 'none' && held.isMoved && badge('wait', 'clock', t('driver.slot.moved')),
    job.slot?.reason && h('p', { class: 'soft' }, job.slot.reason));
}

/** @param {Context} c @param {Job} job */
function needsCard(c, job) {
  const needs = job.progress?.needs;
  const isReady = isPassAlive(job, c.now);
  return h('section', { class: 'card stack' },
    h('h2', null, t('driver.needs')),
    needs === undefined && h('p', { class: 'soft' }, isReady ? t('driver.needs.none') : t('driver.needs.unknown')),
    needs?.length === 0 && badge('go', 'check', t('driver.needs.none')),
    needs !== undefined && needs.length > 0 && h('ul', { class: 'needs' }, needs.map((need) => needItem(c, 'need', need))));
}

/** @param {Context} c @param {string} family @param {{ code: string, detail?: string, owedBy: string }} need */
function needItem(c, family, need) {
  const by = { who: nameOf(c, need.owedBy) };
  const key = has(`${family}.${need.code}`) ? family : has(`need.${need.code}`) ? 'need' : 'refusal';
  const isWaiting = ['not-arrived', 'not-available', 'slot-unanswered', 'pass-missing'].includes(need.code);
  return h('li', { class: `need ${isWaiting ? 'wait' : 'stop'}` },
    icon(isWaiting ? 'clock' : 'cross'),
    h('div', null, h('b', null, word(key, need.code)), h('p', null, family === 'gate' ? t('driver.gate.solve', by) : t('ui.owed-by', by)), need.code === 'hold' && need.detail && h('p', null, need.detail)));
}

/** @param {Context} c @param {Job} job */
function reasons(c, job) {
  return h('section', { class: 'stack' },
    h('div', { class: 'verdict stop', id: 'stage', 'data-stage': 'refused' }, icon('cross'), h('h2', null, t('driver.gate.refused')), h('p', null, t('driver.gate.lane'))),
    h('div', { class: 'card' }, h('ul', { class: 'needs' }, job.decision.reasons.map((/** @type {any} */ r) =>
      needItem(c, 'gate', { code: r.code, detail: r.detail, owedBy: r.owed_by })))));
}

/** @param {Context} c @param {Job} job */
function routeCard(c, job) {
  const { isOffShip = true, dischargedAt = null, position = null, limits = {} } = job.progress ?? {};
  const lines = [
    !isOffShip && t('driver.route.not-arrived'),
    dischargedAt && t('driver.route.arrived', { time: timeOf(c, dischargedAt) }),
    position && t('driver.route.yard', { position }),
    limits.until && t('driver.limits.until', { time: timeOf(c, limits.until) }),
    limits.plate && t('driver.limits.plate', { plate: limits.plate }),
    limits.depot && t('driver.limits.depot', { depot: limits.depot }),
    ['ready', 'early'].includes(phase(job, c.now)) && t('driver.route.gate'),
  ].filter(Boolean);
  return lines.length > 0 && h('section', { class: 'card stack' },
    h('h2', { class: 'row' }, icon('pin'), t('driver.route')),
    h('ul', { class: 'list' }, lines.map((line) => h('li', null, line))));
}

/** @param {Job} job */
function returnCard(job) {
  const places = job.progress?.emptyReturns ?? [];
  return places.length > 0 && h('section', { class: 'card stack' },
    h('h2', { class: 'row' }, icon('box'), t('driver.return')),
    places.flatMap((to) => [
      h('p', null, t('driver.return.to', { depot: to.depot })),
      to.reference && h('p', { class: 'soft' }, t('driver.return.reference', { reference: to.reference })),
    ]));
}

/** @param {Context} c @param {Job} job */
function facts(c, job) {
  const holder = job.progress?.holder;
  return h('section', { class: 'card stack' },
    h('dl', { class: 'facts two' },
      job.plate && fact(t('field.plate'), h('span', { class: 'code' }, job.plate)),
      job.code && fact(t('field.case-code'), h('span', { class: 'code' }, job.code)),
      fact(t('field.terminal'), nameOf(c, job.terminal)),
      holder && fact(t('field.holder'), nameOf(c, holder))),
    job.pass && verified());
}

/** Shown only of a document that `open` gave: its signature was checked here. */
function verified() {
  return h('p', { class: 'row small', 'data-verified': true }, badge('go', 'shield', t('driver.verified')));
}

/** @param {Context} c @param {Job} job */
function timelineCard(c, job) {
  return h('section', { class: 'card stack' },
    h('h2', null, t('driver.timeline')),
    h('ol', { class: 'timeline' }, job.timeline.map((event) =>
      h('li', { class: 'done' }, h('time', { datetime: new Date(event.at).toISOString() }, timeOf(c, event.at)), h('b', null, eventText(c, event)),
        event.what === 'driver-binding' && h('p', { class: 'code' }, event.document.plate)))));
}

/** @param {Context} c @param {Job['timeline'][0]} event */
function eventText(c, { what, issuer, document }) {
  switch (what) {
    case 'driver-binding': return t('driver.timeline.binding');
    case 'slot': return document.window
      ? t('driver.timeline.slot', { window: format.window(document.window, place(c)) })
      : word('slot-answer', document.answer);
    case 'pickup-pass': return t('driver.timeline.pass');
    case 'gate-decision': return document.verdict === 'admit' ? t('driver.timeline.admit') : t('driver.timeline.refuse');
    case 'interchange-receipt': return issuer.startsWith('driver:') ? t('driver.timeline.signed') : t('driver.timeline.receipt');
    case 'gate-out': return t('driver.timeline.out');
    case 'release-change': return t('driver.timeline.changed');
    default: return t('driver.timeline.moved');
  }
}

// The pass.

/**
 * The code while the gate is to see it, and after that what the gate said of it. The code itself is put into #code by
 * the page's clock.
 * @param {Context} c @param {Job} job
 */
export function passPage(c, job) {
  const { pass } = job;
  const now = phase(job, c.now);
  const isAsked = job.decisionId !== null && c.ui.again === job.decisionId && ['refused', 'admitted'].includes(now);
  if (!['ready', 'early', 'waiting'].includes(now) && !isAsked) return afterPass(c, job, now);
  if (!pass) return [nothing('clock', t('driver.pass.none'), t('driver.pass.none.do'))];
  if (!isPassAlive(job, c.now)) return [nothing('clock', t('driver.pass.expired'), t('driver.pass.expired.do'))];
  const from = pass.document.not_before * 1000;
  return [
    h('section', { class: 'card pass' },
      h('div', { class: 'paper', id: 'code' }),
      h('progress', { class: 'renews', id: 'renews', max: '100', value: '100', 'aria-label': t('driver.pass.title') }),
      h('p', { class: 'number code' }, format.container(job.container)),
      h('p', { class: 'plate code' }, pass.document.plate),
      h('p', { class: 'soft' }, nameOf(c, job.terminal)),
      from > c.now && badge('wait', 'clock', t('driver.pass.from', { time: timeOf(c, from) })),
      h('p', { class: 'soft small' }, t('driver.pass.until', { time: timeOf(c, pass.document.expires * 1000) })),
      verified()),
    h('button', { class: 'button wide', id: 'copy-code', type: 'button', onclick: () => c.act.copyCode(job) }, t('driver.pass.copy')),
    h('p', { class: 'soft small' }, t('driver.pass.bright')),
  ];
}

/** @param {Context} c @param {Job} job @param {string} now */
function afterPass(c, job, now) {
  if (now === 'ended') return [nothing('cross', t('driver.state.ended'), '')];
  const isSign = now === 'sign';
  const mayShow = ['refused', 'admitted'].includes(now) && isPassAlive(job, c.now);
  return [
    h('p', { class: 'left code', id: 'container' }, format.container(job.container)),
    isSign && note('wait', 'pen', t('driver.state.sign'), '. ', t('driver.receipt.lead')),
    isSign ? action(c, job, now) : stage(c, job, now),
    mayShow && h('button', { class: `button wide ${now === 'refused' ? 'primary' : ''}`, id: 'show-again', type: 'button', onclick: () => c.act.showAgain(job) },
      icon('truck'), t('driver.pass.again')),
    returnCard(job),
  ].filter(Boolean);
}

// The interchange receipt.

/** @param {Context} c @param {Job} job */
export function receiptPage(c, job) {
  const receipt = job.terminalReceipt;
  if (!receipt) return [nothing('pen', t('driver.receipt.title'), '')];
  const { document } = receipt;
  const isDamaged = document.condition === 'damaged';
  const now = phase(job, c.now);
  return [
    now === 'sign' ? h('p', null, t('driver.receipt.lead')) : stage(c, job, now),
    h('section', { class: 'card stack' },
      h('p', { class: 'left code' }, format.container(job.container)),
      h('dl', { class: 'facts' },
        fact(t('field.seals'), list(document.seals)),
        fact(t('field.condition'), badge(isDamaged ? 'stop' : 'go', isDamaged ? 'warning' : 'check', word('condition', document.condition))),
        document.damage.length > 0 && fact(t('field.damage'), list(document.damage)),
        document.remark && fact(t('field.remark'), document.remark)),
      verified()),
    photoCard(c, job),
    job.driverReceipt ? note('go', 'check', t('driver.receipt.signed', { time: timeOf(c, job.driverReceipt.issuedAt) })) : signForm(c, job),
  ].filter(Boolean);
}

/** @param {string[]} items */
function list(items) {
  if (items.length === 0) return t('ui.none');
  return h('ul', { class: 'list code' }, items.map((item) => h('li', null, item)));
}

/** @param {Context} c @param {Job} job */
function signForm(c, job) {
  const sent = c.phone.sentReceipt(job);
  if (sent?.answer?.outcome === 'refused') {
    return h('div', { class: 'stack' }, note('stop', 'cross', word('refusal', sent.answer.code)), note('', 'warning', t('driver.receipt.differs.do')));
  }
  if (sent) return note('wait', 'clock', t('driver.receipt.sending'));
  return h('form', { class: 'card stack', novalidate: true, onsubmit: c.act.sign },
    h('div', { class: 'field' },
      h('label', { class: 'check' },
        h('input', {
          type: 'checkbox', id: 'agree', checked: c.ui.agrees, onchange: c.act.agree, 'aria-required': 'true',
          'aria-describedby': 'agree-fault', 'aria-invalid': c.ui.isUnticked ? 'true' : null,
        }),
        t('driver.receipt.agree')),
      h('p', { class: 'fault', id: 'agree-fault', role: 'alert' }, c.ui.isUnticked ? t('driver.receipt.untick') : '')),
    h('button', { class: 'button primary wide', id: 'sign', type: 'submit' }, icon('pen'), t('driver.receipt.sign')),
    h('details', null, h('summary', null, t('driver.receipt.differs')), h('p', { class: 'soft' }, t('driver.receipt.differs.do'))));
}

/** @param {Context} c @param {Job} job */
function photoCard(c, job) {
  const photos = c.phone.photosOf(job.key);
  const named = new Set([...(job.terminalReceipt?.document.photos ?? []), ...(job.driverReceipt?.document.photos ?? [])]);
  const mayAdd = !job.driverReceipt && !c.phone.sentReceipt(job);
  if (photos.length === 0 && !mayAdd) return null;
  return h('section', { class: 'card stack' },
    h('h2', null, t('field.photos')),
    photos.length > 0 && h('div', { class: 'photos' }, photos.map((photo) => h('figure', null,
      h('img', { src: c.act.address(photo), alt: t('driver.photo.hash', { hash: format.shortHash(photo.hash) }) }),
      h('figcaption', null, h('span', { class: 'code' }, format.shortHash(photo.hash)), ' ', named.has(photo.hash) ? t('driver.photo.match') : t('driver.photo.kept'))))),
    mayAdd && h('div', null,
      h('input', { class: 'hidden-input', type: 'file', id: 'photo', accept: 'image/*', capture: 'environment', onchange: c.act.photo }),
      h('label', { class: 'button wide', for: 'photo' }, icon('camera'), t('driver.photo.add'))));
}

// Settings.

/** @param {Context} c */
export function settings(c) {
  const { phone, act, ui } = c;
  const { directory } = phone;
  const isOverdue = directory && c.now > Date.parse(directory.edition.valid_until);
  const edition = directory && (isOverdue
    ? t('driver.settings.directory-overdue', { n: directory.edition.number })
    : t('driver.settings.directory', { n: directory.edition.number }));
  const choice = (/** @type {string} */ id, /** @type {string} */ text, /** @type {boolean} */ isOn, /** @type {() => void} */ run) =>
    h('button', { class: 'button', id, 'aria-pressed': String(isOn), onclick: run }, text);
  return [
    h('section', { class: 'card stack' },
      h('h2', { id: 'language-title' }, t('ui.language')),
      h('div', { class: 'choice', role: 'group', 'aria-labelledby': 'language-title' }, ui.languages.map((/** @type {any} */ l) =>
        choice(`language-${l.code}`, l.name, language() === l.code, () => act.language(l.code))))),
    h('section', { class: 'card stack' },
      h('h2', { id: 'theme-title' }, t('ui.theme')),
      h('div', { class: 'choice', role: 'group', 'aria-labelledby': 'theme-title' },
        choice('theme-auto', t('ui.theme-auto'), ui.theme === 'auto', () => act.theme('auto')),
        choice('theme-light', t('ui.theme-light'), ui.theme === 'light', () => act.theme('light')),
        choice('theme-dark', t('ui.theme-dark'), ui.theme === 'dark', () => act.theme('dark')))),
    phone.enrolment && h('section', { class: 'card stack' },
      h('h2', null, t('driver.settings.phone')),
      h('dl', { class: 'facts' },
        fact(t('driver.settings.haulier'), nameOf(c, phone.enrolment.haulier)),
        phone.driverName && fact(word('role', 'driver'), phone.driverName),
        // As the haulier's list of drivers has it.
        fact(t('driver.settings.phone'), h('span', { class: 'code', id: 'device' }, format.shortHash(phone.self.keyId))),
        fact(edition, h('span', { class: 'code' }, format.shortHash(directory.id))),
        fact(t('driver.settings.way'), h('span', { id: 'way' }, phone.way ?? t('ui.offline')))),
      h('button', { class: 'button danger', id: 'forget', onclick: act.askForget }, t('driver.settings.forget'))),
    h('dialog', { class: 'dialog', id: 'sure', 'aria-labelledby': 'sure-title' },
      h('h2', { id: 'sure-title' }, t('driver.settings.forget')),
      h('p', null, t('driver.settings.forget.sure')),
      h('div', { class: 'actions' },
        h('button', { class: 'button', id: 'keep', onclick: act.keep }, t('ui.cancel')),
        h('button', { class: 'button danger', id: 'forget-now', onclick: act.forget }, t('driver.settings.forget')))),
  ].filter(Boolean);
}

/** What is kept cannot be read. @param {Record<string, () => void>} act */
export function broken(act) {
  return [
    nothing('warning', t('ui.error'), t('driver.broken.do')),
    h('button', { class: 'button primary wide', id: 'retry', onclick: () => location.reload() }, t('ui.retry')),
    h('button', { class: 'button danger wide', id: 'forget', onclick: act.forget }, t('driver.settings.forget')),
  ];
}

/** This browser cannot check signatures. */
export function unsupported() {
  return [nothing('warning', t('ui.unsupported'), t('ui.unsupported.do'))];
}

/** Documents whose signature did not hold: they count for nothing, and the driver is told. @param {Context} c */
export function unverified(c) {
  const bad = c.phone.delivered.filter((d) => d.fault !== null && d.fault !== 'unknown-kind');
  return bad.length === 0 ? [] : [note('stop', 'warning', h('b', null, t('driver.unverified')), ' ', word('refusal', bad[bad.length - 1].fault ?? ''), '. ', t('driver.unverified.do'))];
}
