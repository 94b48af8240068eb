/** The drivers of a haulier: whose phone this node serves, inviting one, changing its phone, taking it back. */

import { h, icon, replace } from '../lib/dom.js';
import * as i18n from '../lib/i18n.js';
import { draw } from '../lib/qr.js';
import { Listed } from './desk.js';
import * as forms from './forms.js';
import * as login from './login.js';
import * as say from './say.js';

const { t, word } = i18n;

/** Colours of states; the others are past. @type {Record<string, string>} */
const TONES = { enrolled: 'go', enrolling: 'wait', invited: 'wait' };
/** How often it is looked whether a phone has followed its invitation: no event tells it. */
const LOOK_EVERY_MS = 2_000;
/** States in which there is a phone or an invitation to take back. */
const OPEN = new Set(['invited', 'enrolling', 'enrolled']);
/** States that another party's doing ends. */
const AWAITED = new Set(['invited', 'enrolling']);

export class DriversPage extends Listed {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  title = () => t('console.drivers');

  ask = () => this.app.api.drivers();

  /** @param {HTMLElement} main */
  mount(main) {
    super.mount(main);
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  unmount() {
    super.unmount();
    clearInterval(this.#timer);
  }

  /** Sees whether a phone came, and shows the list anew only if something changed: the focus stays where it is. */
  async #look() {
    const isAwaited = this.list?.some((one) => AWAITED.has(one.state) || (one.state === 'enrolled' && !one.counts));
    if (!isAwaited || document.visibilityState !== 'visible') return;
    const list = await this.ask().catch(() => null);
    if (!list || JSON.stringify(list) === JSON.stringify(this.list)) return;
    this.list = list;
    this.show();
  }

  show() {
    if (!this.main) return;
    const list = this.list ?? [];
    const isMay = this.app.may('sign');
    replace(this.main, h('div', { class: 'row apart' }, h('h1', { id: 'title', tabindex: '-1' }, t('console.drivers')),
      isMay && h('button', { class: 'button primary', type: 'button', id: 'invite', onclick: () => this.#invite() }, icon('plus'), t('console.drivers.invite'))),
    h('p', { class: 'soft lead' }, t('console.drivers.lead')),
    this.failed ? forms.refusal(this.failed) : false,
    this.list === null && !this.failed && h('p', { role: 'status' }, t('ui.loading')),
    this.list !== null && list.length === 0 && h('div', { class: 'quiet-page', role: 'status' }, icon('truck'), h('h2', null, t('console.drivers.none'))),
    h('ul', { class: 'people' }, ...list.map((driver) => this.#driver(driver, isMay))));
  }

  /** @param {any} driver @param {boolean} isMay */
  #driver(driver, isMay) {
    const place = this.app.place();
    const facts = [
      driver.licence,
      driver.device && t('console.driver.device', { id: driver.device.slice(0, 8) }),
      t('console.driver.invited-by', { name: driver.invited_by, at: say.time(driver.invited_at, place) }),
      driver.state === 'invited' && t('console.driver.until', { at: say.time(driver.until, place) }),
      driver.state === 'enrolled' && t('console.driver.valid-until', { at: say.time(driver.valid_until, place) }),
    ];
    return h('li', { class: 'card', 'data-driver': String(driver.driver), 'data-state': driver.state },
      h('div', null, h('b', null, driver.name), h('p', { class: 'small soft' }, facts.filter(Boolean).join(' · ')),
        driver.state === 'enrolled' && !driver.counts && h('p', { class: 'small' }, t('console.driver.not-counting'))),
      h('span', { class: `badge ${TONES[driver.state] ?? ''}` }, word('driver-state', driver.state)),
      isMay && OPEN.has(driver.state) && h('div', { class: 'row' },
        driver.state === 'enrolled' && h('button', { class: 'button', type: 'button', id: `phone-${driver.driver}`, onclick: () => this.#change(driver) }, icon('history'), t('console.driver.phone')),
        h('button', { class: 'button danger', type: 'button', id: `end-${driver.driver}`, onclick: () => this.sure(t('console.driver.end', { name: driver.name }), t(driver.state === 'enrolled' ? /* t */ 'console.driver.end.do' : /* t */ 'console.driver.end.invited'), () => this.app.api.closeDriver(driver.driver)) }, t('console.driver.take-back'))));
  }

  #invite() {
    const box = forms.dialog(t('console.drivers.invite'), [login.asked([
      login.field('name', t('console.driver.name'), { type: 'text', autocomplete: 'off', autocapitalize: 'words' }, t('console.driver.name-hint')),
      login.field('licence', t('console.driver.licence'), { type: 'text', autocomplete: 'off', required: false }, t('console.driver.licence-hint')),
    ], t('console.drivers.invite'), async ({ name, licence }) => {
      const said = await this.app.api.inviteDriver({ name: name.trim(), ...(licence.trim() && { licence: licence.trim() }) });
      box.close();
      this.#shown(said);
      await this.load();
    }), h('div', { class: 'actions' }, h('button', { class: 'button', type: 'button', onclick: () => box.close() }, t('ui.cancel')))]);
  }

  /** One click: the old phone works on until the new one has followed the invitation. @param {any} driver */
  async #change(driver) {
    try {
      this.#shown(await this.app.api.changePhone(driver.driver));
      this.failed = null;
      await this.load();
    } catch (error) {
      this.failed = error;
      this.show();
    }
  }

  /** The invitation is shown once: the node keeps only its hash. @param {any} said */
  #shown(said) {
    // Without an `origin` in the configuration the node does not know how phones reach it; this page came from there.
    const url = new URL(said.url || said.path, location.href).href;
    const text = h('input', { id: 'link', type: 'text', class: 'code', readonly: true, value: url, onfocus: (/** @type {any} */ event) => event.target.select() });
    const box = forms.dialog(t('console.driver.invitation', { name: said.name }), [
      h('p', null, t('console.driver.scan', { until: say.time(said.until, this.app.place()) })),
      h('div', { class: 'invitation' }, draw(url, t('console.driver.qr'))),
      h('div', { class: 'field' }, h('label', { for: 'link' }, t('console.driver.link')), text),
      h('div', { class: 'actions' },
        h('button', { class: 'button', type: 'button', id: 'copy', onclick: async () => {
          await navigator.clipboard?.writeText(url).catch(() => /** @type {any} */ (text).select());
          this.app.toast(t('console.copied'));
        } }, t('ui.copy')),
        h('button', { class: 'button primary', type: 'button', id: 'close', onclick: () => box.close() }, t('ui.close')))]);
  }
}
