/** Clocks of free time of a case: until when it is free, what a stay costs, and the documents that this follows from. */

import { h, icon } from '../lib/dom.js';
import * as format from '../lib/format.js';
import * as i18n from '../lib/i18n.js';
import * as say from './say.js';

const { t, word, plural } = i18n;

/** @type {Record<string, 'wait' | 'go' | 'stop' | undefined>} */
const TONES = { 'not-started': undefined, free: 'go', charged: 'stop', stopped: undefined };

/** The clocks of a case; nothing where no charge has terms. @param {any} app @param {any} subject */
export function section(app, subject) {
  const clocks = subject.clocks ?? [];
  if (clocks.length === 0) return false;
  return h('section', { class: 'card stack', 'aria-labelledby': 'clocks' },
    h('h2', { id: 'clocks' }, t('console.clocks')),
    h('ul', { class: 'questions' }, ...clocks.map((/** @type {any} */ clock) => row(app, clock))));
}

/** @param {any} app @param {any} clock */
function row(app, clock) {
  const place = app.place();
  const days = (/** @type {number} */ n) => plural('console.clock.days', n);
  const at = (/** @type {string} */ time) => say.time(time, place);
  const because = [
    t('console.clock.terms', { days: days(clock.free_days), by: say.party(clock.charged_by, place) }),
    ...clock.waived.map((/** @type {any} */ one) => t('console.clock.waived', { days: days(one.days) })),
    clock.started && t('console.clock.started', { time: at(clock.started.at) }),
    ...clock.suspensions.map((/** @type {any} */ rest) => (rest.until
      ? t('console.clock.suspended', { from: at(rest.from), until: at(rest.until), by: say.party(rest.by, place) })
      : t('console.clock.unreachable', { from: at(rest.from) }))),
    clock.stopped && t('console.clock.stopped', { time: at(clock.stopped.at) }),
    clock.days.suspended > 0 && t('console.clock.not-counted', { days: days(clock.days.suspended) }),
    clock.days.off > 0 && t('console.clock.off', { days: days(clock.days.off) }),
    ...(clock.tiers ?? []).filter((/** @type {any} */ tier) => tier.days > 0).map((/** @type {any} */ tier) =>
      t('console.clock.tier', { days: days(tier.days), rate: `${tier.rate} ${clock.currency}`, amount: tier.amount })),
    ...(clock.held ?? []).filter((/** @type {any} */ held) => held.held_s >= 3600).map((/** @type {any} */ held) =>
      t('console.clock.held', { who: say.party(held.owed_by, place), span: format.span(held.held_s * 1000, i18n.locale()) })),
    clock.capped && t('console.clock.capped'),
  ];
  return h('li', { 'data-clock': clock.charge, 'data-state': clock.state },
    h('p', { class: 'row' }, h('b', null, word('charge', clock.charge)), clock.bill && h('span', { class: 'code small' }, clock.bill),
      h('span', { class: `badge ${TONES[clock.state] ?? ''}` }, icon(clock.state === 'charged' ? 'warning' : 'clock'), word('clock-state', clock.state))),
    h('p', { class: 'row' },
      clock.free_until && h('span', null, t('console.clock.free-until', { time: at(clock.free_until) })),
      h('b', { 'data-sum': clock.amount_minor ?? null }, clock.amount ? `${clock.amount} ${clock.currency}` : t('console.clock.to-pay', { days: days(clock.days.charged) }))),
    h('ul', { class: 'small soft' }, ...because.filter(Boolean).map((text) => h('li', null, text))));
}
