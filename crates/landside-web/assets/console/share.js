/** Links to how far a case is: made, listed and taken back by who may. */

import { h, icon, replace } from '../lib/dom.js';
import * as format from '../lib/format.js';
import * as i18n from '../lib/i18n.js';
import { draw } from '../lib/qr.js';
import { Problem } from './api.js';
import * as forms from './forms.js';
import * as say from './say.js';

const { t, word } = i18n;

/** For how many days a link can be made; the node takes 1 to 30. */
const DAYS = [1, 7, 30];

/** Tone of the badge of a link's state. @type {Record<string, string>} */
const TONES = { good: 'go', revoked: 'stop', orphaned: 'stop' };

/** @param {any} app @param {any} c the case */
export function openShares(app, c) {
  const list = h('div', { class: 'stack' }, h('p', { class: 'soft', role: 'status' }, t('ui.loading')));
  const made = h('div', { 'aria-live': 'polite' });
  const trouble = h('div', { class: 'trouble' });
  const go = h('button', { class: 'button primary', type: 'submit', id: 'make-share' }, icon('link'), t('console.share.make'));
  const form = /** @type {HTMLFormElement} */ (h('form', { class: 'stack', novalidate: true },
    h('div', { class: 'field' }, h('label', { for: 'share-days' }, t('console.share.for')),
      h('select', { id: 'share-days', name: 'days' }, ...DAYS.map((days) => h('option', { value: days, selected: days === 7 }, i18n.plural('console.share.days', days))))),
    h('div', { class: 'field' }, h('label', { for: 'share-label' }, t('console.share.label'), h('span', { class: 'soft' }, ` · ${t('console.optional')}`)),
      h('input', { id: 'share-label', name: 'label', type: 'text', autocomplete: 'off', maxlength: 60, 'aria-describedby': 'share-label-hint' }),
      h('p', { class: 'hint', id: 'share-label-hint' }, t('console.share.label-hint'))),
    trouble, h('div', { class: 'actions' }, h('button', { class: 'button', type: 'button', id: 'close', onclick: () => box.close() }, t('ui.close')), go)));

  const load = async () => {
    try {
      replace(list, ...rows(app, await app.api.shares(c.code), end));
    } catch (error) {
      replace(list, forms.refusal(error));
    }
  };
  const guarded = async (/** @type {() => Promise<void>} */ work) => {
    trouble.replaceChildren();
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      trouble.replaceChildren(forms.refusal(error));
    }
    await load();
  };
  const end = (/** @type {any} */ share) => guarded(async () => {
    await app.api.endShare(share.share);
    made.replaceChildren();
    app.toast(t('console.share.ended'));
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (go.getAttribute('aria-busy') === 'true') return;
    go.setAttribute('aria-busy', 'true');
    const { days, label } = Object.fromEntries(new FormData(form));
    await guarded(async () => made.replaceChildren(...once(app, await app.api.share(c.code, { days: Number(days), ...(String(label).trim() && { label: String(label).trim() }) }))));
    go.setAttribute('aria-busy', 'false');
  });
  const before = document.activeElement;
  const box = forms.dialog(t('console.share.title'), [
    h('p', { class: 'soft' }, h('span', { class: 'code' }, format.container(c.container)), ` · ${c.code}`), h('p', null, t('console.share.lead')), made, form,
    h('section', { class: 'stack', 'aria-labelledby': 'shares' }, h('h3', { id: 'shares' }, t('console.share.list')), list),
  ], () => before instanceof HTMLElement && document.getElementById(before.id)?.focus());
  box.id = 'share-dialog';
  void load();
}

/** A link is shown once: the node keeps only its hash. @param {any} app @param {any} said */
function once(app, said) {
  const text = /** @type {HTMLInputElement} */ (h('input', { id: 'link', type: 'text', class: 'code', readonly: true, value: said.url, onfocus: (/** @type {any} */ event) => event.target.select() }));
  const copy = h('button', { class: 'button', type: 'button', id: 'copy', onclick: async () => {
    await navigator.clipboard?.writeText(said.url).catch(() => text.select());
    app.toast(t('console.copied'));
  } }, t('ui.copy'));
  return [h('section', { class: 'card stack made', 'data-share': said.share },
    h('p', null, t('console.share.once', { until: say.time(said.until, app.place()) })),
    h('div', { class: 'field' }, h('label', { for: 'link' }, t('console.link')), text), h('div', { class: 'row apart' }, draw(said.url, t('console.share.qr')), copy))];
}

/** @param {any} app @param {any[]} shares @param {(share: any) => void} end */
function rows(app, shares, end) {
  const place = app.place();
  if (shares.length === 0) return [h('p', { class: 'soft' }, t('console.share.none'))];
  const who = (/** @type {any} */ person) => (person ? person.name : t('console.share.machine'));
  return [h('ul', { class: 'shares' }, ...shares.map((share) => h('li', { 'data-share': share.share, 'data-state': share.state },
    h('div', null, h('b', null, share.label ?? t('console.share.unlabelled')), ' ', h('span', { class: `badge ${TONES[share.state] ?? ''}` }, word('share-state', share.state)),
      h('p', { class: 'small soft' }, t('console.share.by', { person: who(share.made_by), at: say.time(share.made_at, place), until: say.time(share.until, place) })),
      share.revoked_at && h('p', { class: 'small soft' }, t('console.share.ended-by', { person: who(share.revoked_by), at: say.time(share.revoked_at, place) }))),
    share.state === 'good' && h('button', { class: 'button danger', type: 'button', id: `end-share-${share.share}`, onclick: () => end(share) }, t('console.share.end')))))];
}
