/** Questions and complaints of a case: who asks whom, until when, and what was answered. What others write is text. */

import { h, icon } from '../lib/dom.js';
import * as format from '../lib/format.js';
import * as i18n from '../lib/i18n.js';
import * as actions from './actions.js';
import * as forms from './forms.js';
import * as say from './say.js';
import { moment } from './state.js';

const { t, word } = i18n;

/**
 * Whom a party can ask in a case: who takes part in it as far as is known here, and customs.
 * @param {any} subject @param {string} me @param {Map<string, any>} parties
 */
export function askable(subject, me, parties) {
  const known = new Set([subject.terminal, subject.right?.holder, ...(subject.right?.hops ?? []).map((/** @type {any} */ hop) => hop.holder),
    ...subject.needs.map((/** @type {any} */ need) => need.owed_by)]);
  for (const step of subject.timeline) {
    known.add(step.issuer);
    known.add(step.payload?.terms?.release_to);
  }
  for (const question of subject.questions ?? []) known.add(question.asked_by).add(question.to);
  const may = (/** @type {any} */ one) => one.id !== me && (known.has(one.id) || one.roles.includes('customs'));
  return [...parties.values()].filter(may).map((one) => one.id);
}

/** @type {any} */
const ASK = {
  id: 'ask', title: /* t */ 'console.question.ask', tone: 'primary',
  fields: (/** @type {any} */ c) => [
    { name: 'subject', sort: 'choice', label: /* t */ 'console.question.subject', choices: ['question', 'complaint'], family: 'question-subject', start: 'question' },
    { name: 'to', sort: 'party', label: /* t */ 'console.question.to', among: c.askable, start: c.subject.needs.find((/** @type {any} */ need) => c.askable.includes(need.owed_by))?.owed_by ?? '' },
    { name: 'text', sort: 'text', label: /* t */ 'console.question.text', rule: 'remark' },
    { name: 'answer_by', sort: 'time', label: /* t */ 'console.question.by', hint: /* t */ 'console.question.by-hint', isOptional: true },
  ],
  drafts: (/** @type {any} */ values, /** @type {any} */ c) => {
    const said = actions.given({ subject: values.subject, to: values.to, text: values.text, answer_by: values.answer_by && moment(values.answer_by, c.zone) });
    return [{ kind: 'question', fields: { case: c.code, ...said }, said }];
  },
};

/** @type {any} */
const ANSWER = {
  id: 'answer', title: /* t */ 'console.question.answer', tone: 'primary',
  fields: () => [{ name: 'text', sort: 'text', label: /* t */ 'console.question.answer-text', rule: 'remark' }],
  drafts: (/** @type {any} */ values, /** @type {any} */ c) => {
    const said = { text: values.text };
    return [{ kind: 'answer', fields: { case: c.code, builds_on: c.question.id, ...said }, said }];
  },
};

/** How a question stands. @param {any} question @param {number} now */
export function standing(question, now) {
  const isLate = Date.parse(question.answer?.at ?? new Date(now).toISOString()) > Date.parse(question.answer_by);
  if (question.answer) return isLate ? 'late' : 'answered';
  return isLate ? 'overdue' : 'open';
}

const TONES = { open: 'wait', overdue: 'stop', answered: 'go', late: 'stop' };

/**
 * The questions of a case, and what this person can do about them; nothing where there are none and none can be asked.
 * @param {any} app @param {any} subject @param {() => void} done
 */
export function section(app, subject, done) {
  const asked = subject.questions ?? [];
  const may = app.may('sign');
  const whom = may ? askable(subject, app.me.party, app.parties) : [];
  if (asked.length === 0 && whom.length === 0) return false;
  const open = (/** @type {any} */ action, /** @type {any} */ more) => forms.openAction(app, action, { ...actions.context(subject, app.who(), app.more()), ...more }, done);
  return h('section', { class: 'card stack', 'aria-labelledby': 'questions' },
    h('div', { class: 'row apart' }, h('h2', { id: 'questions' }, t('console.questions')),
      whom.length > 0 && h('button', { class: 'button quiet small', type: 'button', id: 'act-ask', onclick: () => open(ASK, { askable: whom }) }, icon('plus'), t('console.question.ask'))),
    asked.length === 0
      ? h('p', { class: 'soft' }, t('console.questions.none'))
      : h('ul', { class: 'questions' }, ...asked.map((/** @type {any} */ question) => row(app, question, may && question.to === app.me.party && (() => open(ANSWER, { question }))))));
}

/** @param {any} app @param {any} question @param {false | (() => void)} answer */
function row(app, question, answer) {
  const place = app.place();
  const is = standing(question, place.now);
  const left = Math.abs(Date.parse(question.answer_by) - place.now);
  const told = {
    open: () => t('console.question.left', { span: format.span(left, i18n.locale()) }),
    overdue: () => t('console.question.overdue', { span: format.span(left, i18n.locale()) }),
    answered: () => t('console.question.in-time'),
    late: () => t('console.question.late'),
  }[is]();
  const us = (/** @type {string} */ id) => (app.isMe(id) ? t('console.us') : say.party(id, place));
  return h('li', { 'data-question': question.id, 'data-state': is },
    h('p', { class: 'row' }, h('b', null, word('question-subject', question.subject)), h('span', { class: `badge ${TONES[is]}` }, icon(is === 'answered' ? 'check' : is === 'open' ? 'clock' : 'warning'), told)),
    h('blockquote', null, question.text),
    h('p', { class: 'small soft' }, t('console.question.who', { from: us(question.asked_by), to: us(question.to), at: say.time(question.asked_at, place), by: say.time(question.answer_by, place) })),
    question.answer && [h('blockquote', { class: 'answer' }, question.answer.text), h('p', { class: 'small soft' }, t('console.question.answered', { by: us(question.to), at: say.time(question.answer.at, place) }))],
    !question.answer && answer && h('button', { class: 'button primary', type: 'button', id: `act-answer-${question.id.slice(0, 8)}`, onclick: answer }, icon('pen'), t('console.question.answer')));
}
