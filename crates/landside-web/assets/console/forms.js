/** Small forms: what is asked for, what will be said in plain words, and what became of it. */

import { h, icon } from '../lib/dom.js';
import * as format from '../lib/format.js';
import * as i18n from '../lib/i18n.js';
import { NoAnswer } from '../lib/passkey.js';
import * as ids from '../lib/ids.js';
import { Problem } from './api.js';
import { Outcomes, became } from './outcomes.js';
import * as say from './say.js';
import { local, moment } from './state.js';

const { t, word } = i18n;

/** How what people type becomes the one spelling. @type {Record<string, (text: string) => string>} */
const SPELLINGS = {
  container: (text) => text.replace(/[\s-]/g, '').toUpperCase(),
  plate: (text) => text.trim().replace(/\s+/g, '-').toUpperCase(),
  sizeType: (text) => text.trim().toUpperCase(),
};

/** @type {Record<string, ids.Rule>} */
const RULES = {
  container: ids.container, plate: ids.plate, sizeType: ids.sizeType, reference: ids.reference, remark: ids.remark,
  key: (text) => (/^ed25519:[0-9a-f]{64}$/.test(text) ? null : 'not a key'),
};

/** What is wrong with a field, as a text key. @type {Record<string, string>} */
export const FAULTS = {
  container: /* t */ 'console.fault.container', plate: /* t */ 'console.fault.plate', sizeType: /* t */ 'console.fault.size-type',
  reference: /* t */ 'console.fault.reference', remark: /* t */ 'console.fault.remark', key: /* t */ 'console.fault.key',
  time: /* t */ 'console.fault.time', missing: /* t */ 'console.fault.missing',
  party: /* t */ 'console.fault.party', haulage: /* t */ 'console.fault.haulage', columns: /* t */ 'console.fault.columns', rows: /* t */ 'console.fault.rows',
};

/**
 * A field of a form.
 * @param {any} field @param {any} c @param {string} prefix of ids on the page @param {Map<string, any>} parties by id
 */
export function control(field, c, prefix, parties) {
  const id = `${prefix}-${field.name}`;
  const common = { id, name: field.name, 'aria-describedby': `${id}-fault${field.hint ? ` ${id}-hint` : ''}`, required: !field.isOptional && field.sort !== 'check' };
  if (field.sort === 'check') {
    return h('label', { class: 'check' }, h('input', { type: 'checkbox', id, name: field.name, checked: field.start === true }), t(field.label));
  }
  const input = entry(field, c, common, parties);
  return h('div', { class: 'field' },
    h('label', { for: id }, t(field.label), field.isOptional && h('span', { class: 'soft' }, ` · ${t('console.optional')}`)),
    input,
    field.hint && h('p', { class: 'hint', id: `${id}-hint` }, t(field.hint)),
    h('p', { class: 'fault', id: `${id}-fault` }));
}

/** @param {any} field @param {any} c @param {any} common @param {Map<string, any>} parties */
function entry(field, c, common, parties) {
  const option = (/** @type {string} */ value, /** @type {string} */ text) => h('option', { value, selected: value === field.start }, text);
  if (field.sort === 'party') {
    const isFit = (/** @type {any} */ one) => (field.among ? field.among.includes(one.id) : one.roles.some((/** @type {string} */ role) => field.roles.includes(role)));
    const fit = [...parties.values()].filter((one) => one.id !== c.me.party && isFit(one));
    fit.sort((a, b) => a.name.localeCompare(b.name));
    return h('select', common, option('', t('console.choose')),
      ...fit.map((one) => option(one.id, `${one.name} · ${one.roles.map((/** @type {string} */ role) => word('role', role)).join(', ')}`)));
  }
  if (field.sort === 'driver' && c.drivers?.length > 0) {
    return h('select', common, option('', t('console.choose')), ...c.drivers.map((/** @type {any} */ one) => option(one.key, `${one.name} · ${one.key.slice(8, 16)}`)));
  }
  if (field.sort === 'choice') {
    return h('select', common, ...field.choices.map((/** @type {string} */ value) => option(value, choice(field, value, c))));
  }
  if (field.sort === 'time') {
    const value = typeof field.start === 'number' ? local(field.start, c.zone) : '';
    return h('input', { ...common, type: 'datetime-local', value });
  }
  const start = typeof field.start === 'string' ? field.start : '';
  return h('input', { ...common, type: 'text', autocomplete: 'off', spellcheck: 'false', value: start });
}

/** @param {any} field @param {string} value @param {any} c */
function choice(field, value, c) {
  if (field.family !== 'hold-id') return field.family ? word(field.family, value) : value;
  const hold = c.facts.holds.find((/** @type {any} */ one) => one.id === value);
  return `${word('hold-type', hold.type)}: ${hold.reason}`;
}

/** The answers of a form, spelled as documents have them. @param {HTMLFormElement} form @param {any[]} fields */
export function answers(form, fields) {
  /** @type {Record<string, any>} */
  const values = {};
  for (const { name, sort, rule } of fields) {
    const input = /** @type {any} */ (form.elements.namedItem(name));
    if (sort === 'check') values[name] = input.checked;
    else values[name] = (SPELLINGS[rule] ?? ((/** @type {string} */ text) => text.trim()))(input.value);
  }
  return values;
}

/** What is wrong with an answer, as a key of FAULTS. @param {any} field @param {any} value @param {string} zone */
export function fault(field, value, zone) {
  if (field.sort === 'check') return '';
  if (value === '') return field.isOptional ? '' : 'missing';
  if (field.sort === 'time') return moment(value, zone) === '' ? 'time' : '';
  const rule = field.sort === 'driver' ? 'key' : field.rule;
  return rule && RULES[rule](value) !== null ? rule : '';
}

/** Shows what is wrong beside each field, the first in focus. @param {HTMLFormElement} form @param {any[]} fields @param {any} values @param {string} zone */
function isRight(form, fields, values, zone) {
  let first = null;
  for (const field of fields) {
    if (field.sort === 'check') continue;
    const input = /** @type {HTMLElement} */ (/** @type {any} */ (form.elements.namedItem(field.name)));
    const wrong = fault(field, values[field.name], zone);
    input.toggleAttribute('aria-invalid', false);
    if (wrong) input.setAttribute('aria-invalid', 'true');
    const place = form.querySelector(`#${CSS.escape(`${input.id}-fault`)}`);
    if (place) place.textContent = wrong && t(FAULTS[wrong]);
    if (wrong) first ??= input;
  }
  first?.focus();
  return first === null;
}

/** Why something was not done, and what to do. @param {unknown} error */
export function refusal(error) {
  if (!(error instanceof Problem || error instanceof NoAnswer)) throw error;
  const { code, fact, remedy, detail } = say.trouble(error);
  return h('div', { class: 'note stop refusal', role: 'alert', 'data-code': code }, icon('warning'), h('div', null,
    h('p', null, h('b', null, fact)), remedy && h('p', null, remedy), detail && h('p', { class: 'small' }, detail)));
}

/**
 * A dialog with a form; gone when it is closed.
 * @param {string} title @param {(Node | false | '')[]} content @param {(dialog: HTMLDialogElement) => void} [closed]
 */
export function dialog(title, content, closed) {
  const heading = h('h2', { id: 'dialog-title' }, title);
  const box = /** @type {HTMLDialogElement} */ (h('dialog', { class: 'dialog', 'aria-labelledby': 'dialog-title' }, heading, ...content));
  box.addEventListener('close', () => {
    box.remove();
    closed?.(box);
  });
  document.body.append(box);
  box.showModal();
  return box;
}

/**
 * The form of an action. The statement below it follows what is typed; nothing is signed that is not shown.
 * @param {any} app @param {any} action @param {any} c @param {() => void} done
 */
export function openAction(app, action, c, done) {
  const fields = action.fields(c);
  const statement = h('ul', { class: 'says', 'aria-live': 'polite' });
  const trouble = h('div', { class: 'trouble' });
  const sign = h('button', { class: `button ${action.tone === 'danger' ? 'danger' : 'primary'}`, type: 'submit', id: 'sign' }, icon('pen'), t('console.sign'));
  const form = /** @type {HTMLFormElement} */ (h('form', { class: 'stack', novalidate: true },
    ...fields.map((/** @type {any} */ field) => control(field, c, 'action', app.parties)),
    h('section', { class: 'statement', 'aria-labelledby': 'statement' },
      h('h3', { id: 'statement' }, t('console.statement', { party: app.me.party_name ?? app.me.party })), statement,
      h('p', { class: 'small soft' }, t('console.signed-by', { name: app.me.name }))),
    trouble,
    h('div', { class: 'actions' },
      h('button', { class: 'button', type: 'button', id: 'cancel', onclick: () => box.close() }, t('ui.cancel')), sign)));
  const drafts = () => action.drafts(answers(form, fields), c);
  const show = () => statement.replaceChildren(...says(drafts(), app.place()));
  form.addEventListener('input', (event) => {
    const chosen = /** @type {any} */ (event.target);
    if (action.follows && chosen.name === action.follows) refill(form, action.fields({ ...c, [action.follows]: chosen.value }), c);
    show();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (drafts().length > 0 && isRight(form, fields, answers(form, fields), c.zone) && sign.getAttribute('aria-busy') !== 'true') void submit();
  });
  async function submit() {
    sign.setAttribute('aria-busy', 'true');
    try {
      let said = null;
      for (const draft of drafts()) said = await app.api.sign(draft.kind, draft.fields);
      if (said) app.toast(became(said));
      box.close();
    } catch (error) {
      trouble.replaceChildren(refusal(error));
      trouble.scrollIntoView({ block: 'nearest' });
    } finally {
      sign.setAttribute('aria-busy', 'false');
      done();
    }
  }
  const about = c.subject && h('p', { class: 'soft' }, h('span', { class: 'code' }, format.container(c.subject.container)), ` · ${c.subject.code}`);
  const before = document.activeElement;
  const box = dialog(t(action.title), [about, form], () => before instanceof HTMLElement && document.getElementById(before.id)?.focus());
  show();
}

/** What drafts say, each with what it changes; that they say nothing, if so. @param {any[]} drafts @param {say.Place} place */
function says(drafts, place) {
  if (drafts.length === 0) return [h('li', { class: 'soft', id: 'no-change' }, t('console.change.none'))];
  return drafts.flatMap((draft) => {
    const said = h('li', null, say.sentence(draft.kind, draft.said, place));
    if (!draft.before) return [said];
    const rows = say.differences(draft.before, draft.said.terms, place);
    return [said, h('li', null, h('ul', { class: 'changes', 'aria-label': t('console.change') }, ...rows.map(({ name, before, after }) => h('li', null, h('span', { class: 'soft' }, name), ' ', before, ' → ', h('b', null, after))))),
      draft.before.release_to !== draft.said.terms.release_to && h('li', { class: 'note wait' }, icon('warning'), h('span', null, t('console.change.moves')))].filter(Boolean);
  });
}

/** Puts other old values into the fields of a form. @param {HTMLFormElement} form @param {any[]} fields @param {any} c */
function refill(form, fields, c) {
  for (const field of fields) {
    const input = /** @type {any} */ (form.elements.namedItem(field.name));
    if (field.sort === 'check') input.checked = field.start === true;
    else if (field.sort === 'time') input.value = typeof field.start === 'number' ? local(field.start, c.zone) : '';
    else if (field.start !== undefined && field.name !== 'bill') input.value = field.start;
  }
}

/** Containers named above the form of a bulk; the rest is a number. */
const NAMED_MAX = 12;

/** How many documents of a bulk are under way at once: the node signs one after another anyway. */
const AT_ONCE = 4;

/**
 * The same action over many cases: one form, then a result for each container.
 * @param {any} app @param {any} action @param {any[]} lines @param {any} more @param {(of: any) => any} contextOf
 * @param {() => void} done
 */
export function openBulk(app, action, lines, more, contextOf, done) {
  const c = contextOf(lines[0]);
  const fields = action.fields(c);
  const statement = h('ul', { class: 'says' });
  const progress = h('progress', { max: lines.length, value: 0, hidden: true, 'aria-label': t('console.bulk.progress') });
  const outcomes = new Outcomes(app, lines.length);
  const sign = h('button', { class: `button ${action.tone === 'danger' ? 'danger' : 'primary'}`, type: 'submit', id: 'sign' }, icon('pen'), i18n.plural('console.bulk.sign', lines.length));
  const cancel = h('button', { class: 'button', type: 'button', id: 'cancel', onclick: () => box.close() }, t('ui.cancel'));
  const form = /** @type {HTMLFormElement} */ (h('form', { class: 'stack', novalidate: true },
    h('p', { class: 'boxes code' }, lines.slice(0, NAMED_MAX).map((line) => h('span', null, format.container(line.container))), lines.length > NAMED_MAX && h('span', null, `+${lines.length - NAMED_MAX}`)),
    ...fields.map((/** @type {any} */ field) => control(field, c, 'action', app.parties)),
    h('section', { class: 'statement', 'aria-labelledby': 'statement' },
      h('h3', { id: 'statement' }, t('console.statement-each', { party: app.me.party_name ?? app.me.party })), statement,
      h('p', { class: 'small soft' }, t('console.signed-by', { name: app.me.name }))),
    progress, outcomes.count, outcomes.list, h('div', { class: 'actions' }, cancel, sign)));
  const show = () => {
    const drafts = action.drafts(answers(form, fields), c);
    statement.replaceChildren(...drafts.slice(0, 1).map((/** @type {any} */ draft) => h('li', null, say.sentence(draft.kind, draft.said, app.place()))));
  };
  form.addEventListener('input', show);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (sign.hidden || !isRight(form, fields, answers(form, fields), more.zone)) return;
    void run(answers(form, fields));
  });
  async function run(/** @type {any} */ values) {
    sign.hidden = true;
    progress.hidden = false;
    const all = lines.map((line) => ({ container: line.container, drafts: action.drafts(values, contextOf(line)) }));
    await each(app, all, { progress, outcomes }, () => box.isConnected);
    cancel.textContent = t('ui.close');
    cancel.focus();
    done();
  }
  const box = dialog(t(action.title), [form], outcomes.end);
  show();
}

/**
 * Has drafts signed for one container after another, and shows how far it is and what became of each.
 * @param {any} app @param {{ container: string, drafts: any[] }[]} all
 * @param {{ progress: HTMLElement, outcomes: Outcomes }} shown @param {() => boolean} goesOn
 */
export async function each(app, all, { progress, outcomes }, goesOn) {
  let signed = 0;
  const waiting = [...all];
  const worker = async () => {
    for (let one = waiting.shift(); one && goesOn(); one = waiting.shift()) {
      outcomes.add(one.container, await sign(app, one.drafts));
      signed += 1;
      progress.setAttribute('value', String(signed));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** Has drafts signed, and gives what became of the last. @param {any} app @param {any[]} drafts */
async function sign(app, drafts) {
  if (drafts.length === 0) return { outcome: 'refused', refused: { detail: t('console.bulk.nothing') } };
  try {
    let said = null;
    for (const draft of drafts) said = await app.api.sign(draft.kind, draft.fields);
    return said;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { outcome: 'refused', refused: error };
  }
}
