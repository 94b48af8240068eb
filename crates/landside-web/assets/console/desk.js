/** Pages beside the cases: what waits for a second person, people, and the person's own account. */

import { h, icon, replace } from '../lib/dom.js';
import * as format from '../lib/format.js';
import * as i18n from '../lib/i18n.js';
import * as passkey from '../lib/passkey.js';
import { Problem } from './api.js';
import * as forms from './forms.js';
import * as login from './login.js';
import { became } from './outcomes.js';
import * as say from './say.js';

const { t, word } = i18n;

/** A page that asks for a list and shows it. */
export class Listed {
  list = /** @type {any[] | null} */ (null);
  failed = /** @type {unknown} */ (null);

  /** @param {any} app */
  constructor(app) {
    this.app = app;
  }

  /** @param {HTMLElement} main */
  mount(main) {
    this.main = main;
    this.show();
    void this.load();
  }

  unmount() {
    this.main = undefined;
  }

  async load() {
    try {
      this.list = await this.ask();
      this.failed = null;
    } catch (error) {
      this.failed = error;
    }
    this.show();
  }

  /** @returns {Promise<any[]>} */
  async ask() {
    return [];
  }

  show() {}

  /** Asks whether that is meant, and does it. @param {string} title @param {string} text @param {() => Promise<any>} then */
  sure(title, text, then) {
    const trouble = h('div');
    const box = forms.dialog(title, [h('p', null, text), trouble, h('div', { class: 'actions' },
      h('button', { class: 'button', type: 'button', onclick: () => box.close() }, t('ui.cancel')),
      h('button', { class: 'button danger', type: 'button', id: 'sure', onclick: async () => {
        try {
          await then();
          box.close();
          await this.load();
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          trouble.replaceChildren(forms.refusal(error));
        }
      } }, title))]);
  }
}

export class PendingPage extends Listed {
  #trouble = /** @type {{ id: string, error: unknown } | null} */ (null);

  title = () => t('console.pending');

  ask = () => this.app.api.pending();

  /** @param {string} name @param {any} event */
  happened(name, event) {
    if (event.kind === 'release-order' || event.kind === 'override' || name !== 'taken') void this.load();
  }

  show() {
    if (!this.main) return;
    const list = this.list ?? [];
    this.app.count('pending', list.length);
    replace(this.main, h('h1', { id: 'title', tabindex: '-1' }, t('console.pending')), h('p', { class: 'soft lead' }, t('console.pending.lead')),
      this.failed ? forms.refusal(this.failed) : false,
      this.list === null && !this.failed && h('p', { role: 'status' }, t('ui.loading')),
      this.list !== null && list.length === 0 && h('div', { class: 'quiet-page', role: 'status' }, icon('check'), h('h2', null, t('console.pending.none'))),
      h('ul', { class: 'stack drafts' }, ...list.map((draft) => this.#draft(draft))));
  }

  /** @param {any} draft */
  #draft(draft) {
    const place = this.app.place();
    const isOwn = draft.person === this.app.me.name;
    const sealed = Object.entries(draft.disclosed ?? {});
    const button = (/** @type {string} */ verb, /** @type {string} */ tone, /** @type {string} */ text) => h('button', {
      class: `button ${tone}`, type: 'button', id: `${verb}-${draft.id}`, disabled: verb === 'approve' && isOwn, onclick: () => this.#do(verb, draft.id),
    }, text);
    return h('li', { class: 'card stack', 'data-draft': draft.id },
      h('p', null, draft.container && h('b', { class: 'code' }, format.container(draft.container)), ' ', h('span', { class: 'badge' }, word('kind', draft.kind))),
      h('p', null, say.sentence(draft.kind, draft.payload, place, draft.words)),
      sealed.length > 0 && h('dl', { class: 'facts two' }, ...sealed.map(([name, value]) => h('div', null, h('dt', null, word('sealed', name)), h('dd', null, String(value))))),
      h('p', { class: 'small soft' }, t('console.pending.by', { person: draft.person, at: say.time(draft.at, place), until: say.time(draft.until, place) }), isOwn && ` · ${t('console.pending.own')}`),
      this.#trouble?.id === draft.id && forms.refusal(this.#trouble?.error),
      this.app.may('approve') && h('div', { class: 'actions' }, button('decline', 'danger', t('console.pending.decline')), button('approve', 'primary', t('console.pending.approve'))));
  }

  /** @param {string} verb @param {string} id */
  async #do(verb, id) {
    this.#trouble = null;
    try {
      const said = await (verb === 'approve' ? this.app.api.approve(id) : this.app.api.decline(id));
      this.app.toast(verb === 'approve' ? became(said) : t('console.pending.declined'));
    } catch (error) {
      this.#trouble = { id, error };
    }
    await this.load();
  }
}

const ROLES = ['admin', 'clerk', 'gate', 'viewer'];

export class PeoplePage extends Listed {
  title = () => t('console.people');

  ask = () => this.app.api.people();

  show() {
    if (!this.main) return;
    replace(this.main, h('div', { class: 'row apart' }, h('h1', { id: 'title', tabindex: '-1' }, t('console.people')),
      h('button', { class: 'button primary', type: 'button', id: 'add-person', onclick: () => this.#add() }, icon('plus'), t('console.people.add'))),
    this.failed ? forms.refusal(this.failed) : false,
    this.list === null && !this.failed && h('p', { role: 'status' }, t('ui.loading')),
    h('ul', { class: 'people' }, ...(this.list ?? []).map((person) => this.#person(person))));
  }

  /** @param {any} person */
  #person(person) {
    const isClosed = person.state === 'closed';
    const tone = { active: 'go', invited: 'wait', closed: '' }[/** @type {'active'} */ (person.state)] ?? '';
    return h('li', { class: 'card', 'data-login': person.login },
      h('div', null, h('b', null, person.name), h('p', { class: 'small soft' }, h('span', { class: 'code' }, person.login), ` · ${word('person-role', person.role)} · ${say.time(person.added_at, this.app.place())}`)),
      h('span', { class: `badge ${tone}` }, word('person-state', person.state)),
      !isClosed && h('div', { class: 'row' },
        h('button', { class: 'button', type: 'button', id: `reset-${person.login}`, onclick: () => this.sure(t('console.people.reset', { name: person.name }), t('console.people.reset.do'), async () => this.#link(await this.app.api.resetPerson(person.login))) }, t('console.people.new-link')),
        (person.passkeys ?? []).length > 0 && h('button', { class: 'button', type: 'button', id: `passkeys-${person.login}`, onclick: () => this.sure(t('console.people.passkeys', { name: person.name }), t('console.people.passkeys.do'), () => this.app.api.endPasskeys(person.login)) }, t('console.people.passkeys-end', { n: person.passkeys.length })),
        person.login !== this.app.me.login && h('button', { class: 'button danger', type: 'button', id: `close-${person.login}`, onclick: () => this.sure(t('console.people.close', { name: person.name }), t('console.people.close.do'), () => this.app.api.closePerson(person.login)) }, t('console.people.end'))));
  }

  #add() {
    const box = forms.dialog(t('console.people.add'), [login.asked([
      login.field('login', t('console.login.name'), { type: 'text', autocomplete: 'off' }, t('console.link.login-hint')),
      login.field('name', t('console.person.name'), { type: 'text', autocomplete: 'off', autocapitalize: 'words' }, t('console.link.name-hint')),
      h('div', { class: 'field' }, h('label', { for: 'role' }, t('console.person.role')), h('select', { id: 'role', name: 'role' }, ...ROLES.map((role) => h('option', { value: role, selected: role === 'clerk' }, `${word('person-role', role)}: ${t(WORK[role])}`)))),
    ], t('console.people.add'), async ({ login: name, name: called, role }) => {
      const said = await this.app.api.addPerson({ login: name.trim(), name: called.trim(), role });
      box.close();
      this.#link(said);
      await this.load();
    }), h('div', { class: 'actions' }, h('button', { class: 'button', type: 'button', onclick: () => box.close() }, t('ui.cancel')))]);
  }

  /** The link is shown once: the node keeps only its hash. @param {any} said */
  #link(said) {
    const text = h('input', { id: 'link', type: 'text', class: 'code', readonly: true, value: said.url, onfocus: (/** @type {any} */ event) => event.target.select() });
    const box = forms.dialog(t('console.link.made', { login: said.login }), [
      h('p', null, t('console.link.once', { until: say.time(said.until, this.app.place()) })),
      h('div', { class: 'field' }, h('label', { for: 'link' }, t('console.link')), text),
      h('div', { class: 'actions' },
        h('button', { class: 'button', type: 'button', id: 'copy', onclick: async () => {
          await navigator.clipboard?.writeText(said.url).catch(() => /** @type {any} */ (text).select());
          this.app.toast(t('console.copied'));
        } }, t('ui.copy')),
        h('button', { class: 'button primary', type: 'button', id: 'close', onclick: () => box.close() }, t('ui.close')))]);
  }
}

/** What each role may do. @type {Record<string, string>} */
const WORK = { admin: /* t */ 'console.role.admin', clerk: /* t */ 'console.role.clerk', gate: /* t */ 'console.role.gate', viewer: /* t */ 'console.role.viewer' };

const THEMES = /** @type {const} */ ([['auto', /* t */ 'ui.theme-auto'], ['light', /* t */ 'ui.theme-light'], ['dark', /* t */ 'ui.theme-dark']]);

export class AccountPage {
  /** @param {any} app */
  constructor(app) {
    this.app = app;
  }

  title = () => t('console.account');

  /** @param {HTMLElement} main */
  mount(main) {
    const { me } = this.app;
    const again = () => this.mount(main);
    replace(main, h('h1', { id: 'title', tabindex: '-1' }, t('console.account')),
      h('section', { class: 'card' }, h('dl', { class: 'facts two' },
        ...[[t('console.person.name'), `${me.name} (${me.login})`], [t('console.person.role'), word('person-role', me.role)],
          [t('console.account.party'), `${me.party_name ?? me.party} · ${me.party_roles.map((/** @type {string} */ role) => word('role', role)).join(', ')}`], [t('console.account.zone'), me.zone]].map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))))),
      h('section', { class: 'card stack' },
        h('h2', null, t('ui.language')), login.languages(async (code) => {
          await this.app.speak(code);
          document.getElementById(`language-${code}`)?.focus();
        }),
        h('h2', null, t('ui.theme')), h('div', { class: 'sides', role: 'group', 'aria-label': t('ui.theme') }, ...THEMES.map(([theme, key]) => h('button', {
          class: 'button quiet', type: 'button', id: `theme-${theme}`, 'aria-pressed': String(this.app.theme() === theme), onclick: () => {
            this.app.setTheme(theme);
            again();
          },
        }, t(key)))),
        h('h2', null, t('console.keys')),
        h('label', { class: 'check' }, h('input', { type: 'checkbox', id: 'keys', checked: this.app.hasKeys(), onchange: (/** @type {any} */ event) => this.app.setKeys(event.target.checked) }), t('console.keys.single')),
        h('dl', { class: 'keys small' }, ...KEYS.map(([key, text]) => h('div', null, h('dt', null, h('kbd', null, key)), h('dd', null, t(text)))))),
      h('section', { class: 'card stack' }, h('h2', null, t('console.password.change')), login.asked([
        login.field('old', t('console.password.old'), { type: 'password', autocomplete: 'current-password' }), ...login.newPassword(),
      ], t('console.password.change'), async (values) => {
        this.app.taken(await this.app.api.changePassword(values.old, login.chosen(values)));
        this.app.toast(t('console.password.changed'));
        again();
      })),
      this.#passkeys(),
      h('button', { class: 'button danger', type: 'button', id: 'log-out', onclick: () => this.app.logOut() }, t('console.logout')));
  }

  /** The person's passkeys, once the node has told them; nothing where it offers none. */
  #passkeys() {
    const box = h('section', { class: 'card stack', id: 'passkeys', hidden: true });
    const show = async () => {
      const { origin, passkeys } = await this.app.api.passkeys();
      box.hidden = origin === null && passkeys.length === 0;
      replace(box, h('h2', { id: 'passkeys-title', tabindex: '-1' }, t('console.passkeys')), h('p', { class: 'soft' }, t('console.passkeys.lead')),
        passkeys.length === 0 && h('p', { id: 'passkeys-none' }, t('console.passkeys.none')),
        h('ul', { class: 'people' }, ...passkeys.map((/** @type {any} */ one) => this.#passkey(one, show))),
        passkey.isPossible(origin) ? this.#enrol(show) : h('p', { class: 'small soft' }, origin === null ? t('console.passkeys.not-offered') : t('console.passkeys.elsewhere', { origin })));
    };
    show().catch(() => {});
    return box;
  }

  /** @param {any} one @param {() => Promise<void>} show */
  #passkey(one, show) {
    const place = this.app.place();
    const trouble = h('div');
    return h('li', { class: 'card', 'data-passkey': one.id },
      h('div', null, h('b', null, one.name), h('p', { class: 'small soft' }, t('console.passkeys.added', { at: say.time(one.added_at, place) }), one.used_at && ` · ${t('console.passkeys.used', { at: say.time(one.used_at, place) })}`), trouble),
      h('button', { class: 'button danger', type: 'button', 'aria-label': t('console.passkeys.remove.of', { name: one.name }), onclick: async () => {
        try {
          this.app.taken(await this.app.api.removePasskey(one.id));
          this.app.toast(t('console.passkeys.removed'));
          await show();
          document.getElementById('passkeys-title')?.focus();
        } catch (error) {
          trouble.replaceChildren(forms.refusal(error));
        }
      } }, t('console.passkeys.remove')));
  }

  /** @param {() => Promise<void>} show */
  #enrol(show) {
    return login.asked([
      login.field('passkey-name', t('console.passkeys.name'), { type: 'text', autocomplete: 'off', maxlength: 40, autocapitalize: 'sentences' }, t('console.passkeys.name-hint')),
      login.field('passkey-password', t('console.password.old'), { type: 'password', autocomplete: 'current-password' }, t('console.passkeys.password-hint')),
    ], t('console.passkeys.add'), async (values) => {
      const { options } = await this.app.api.enrolPasskey(values['passkey-password']);
      await this.app.api.addPasskey(values['passkey-name'].trim(), await passkey.create(options));
      this.app.toast(t('console.passkeys.enrolled'));
      await show();
      document.getElementById('passkeys-title')?.focus();
    }, 'add-passkey');
  }

  unmount() {}
}

const KEYS = /** @type {const} */ ([
  ['/', /* t */ 'console.search'], ['j k ↓ ↑', /* t */ 'console.keys.move'], ['Enter', /* t */ 'console.keys.open'], ['x', /* t */ 'console.keys.pick'],
  ['a', /* t */ 'console.keys.act'], ['1 – 9', /* t */ 'console.keys.number'], ['Esc', /* t */ 'ui.back'],
]);
