/** Before somebody is known: log-in, and a first password by link. */

import { byPasskey } from '../lib/bypasskey.js';
import { h, icon, replace } from '../lib/dom.js';
import * as i18n from '../lib/i18n.js';
import { Problem } from './api.js';
import * as forms from './forms.js';
import * as say from './say.js';

const { t, word } = i18n;

/** Least length of a password, as the node asks for (docs/OPERATING.md § People). */
export const PASSWORD_MIN = 12;

/** @param {string} id @param {string} label @param {any} attributes @param {string} [hint] */
export function field(id, label, attributes, hint) {
  return h('div', { class: 'field' }, h('label', { for: id }, label), h('input', { id, name: id, required: true, spellcheck: 'false', autocapitalize: 'none', 'aria-describedby': hint ? `${id}-hint` : null, ...attributes }),
    hint && h('p', { class: 'hint', id: `${id}-hint` }, hint));
}

/** Buttons that change the language at once. @param {(code: string) => void} changed */
export function languages(changed) {
  return h('div', { class: 'sides', role: 'group', 'aria-label': t('ui.language') }, ...i18n.LANGUAGES.map((code) => {
    const name = new Intl.DisplayNames(code, { type: 'language' }).of(code.slice(0, 2));
    return h('button', { class: 'button quiet', type: 'button', id: `language-${code}`, lang: code, 'aria-pressed': String(i18n.language() === code), onclick: () => changed(code) }, name);
  }));
}

/** A form whose answer goes to the node; trouble is said above its button. @param {(Node | false)[]} fields @param {string} button @param {(values: any) => Promise<void>} send @param {string} [id] of the button */
export function asked(fields, button, send, id = 'go') {
  const trouble = h('div', { class: 'trouble' });
  const go = h('button', { class: 'button primary wide', type: 'submit', id }, button);
  const form = /** @type {HTMLFormElement} */ (h('form', { class: 'stack' }, ...fields, trouble, go));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (go.getAttribute('aria-busy') === 'true') return;
    go.setAttribute('aria-busy', 'true');
    trouble.replaceChildren();
    try {
      await send(Object.fromEntries(new FormData(form)));
    } catch (error) {
      trouble.replaceChildren(error instanceof Twice ? h('p', { class: 'note stop', role: 'alert' }, icon('warning'), h('span', null, t('console.password.twice'))) : forms.refusal(error));
    } finally {
      go.setAttribute('aria-busy', 'false');
    }
  });
  return form;
}

/** A password that was typed twice, and not the same. */
class Twice extends Error {}

/** Fields for a new password. */
export const newPassword = () => [
  field('password', t('console.password.new'), { type: 'password', autocomplete: 'new-password', minlength: PASSWORD_MIN, maxlength: 256 }, t('console.password.hint', { n: PASSWORD_MIN })),
  field('again', t('console.password.again'), { type: 'password', autocomplete: 'new-password' }),
];

/** @param {any} values */
export function chosen(values) {
  if (values.password !== values.again) throw new Twice();
  return values.password;
}

/** @param {any} app @param {(session: any) => void} known */
function loginForm(app, known) {
  const form = asked([
    field('login', t('console.login.name'), { type: 'text', autocomplete: 'username', value: app.lastLogin() }),
    field('password', t('console.login.password'), { type: 'password', autocomplete: 'current-password' }),
  ], t('console.login.go'), async ({ login, password }) => known(await app.api.logIn(login.trim(), password)));
  return h('div', { class: 'stack' }, form, byPasskey(app.api.asStranger, known, forms.refusal));
}

/** The page without anybody. @param {any} app @param {HTMLElement} main @param {string} token of a link, or '' */
export async function page(app, main, token) {
  const again = async (/** @type {string} */ code) => {
    await i18n.start(code);
    await page(app, main, token);
    document.getElementById(`language-${code}`)?.focus();
  };
  const content = token ? await link(app, token) : [h('h1', { id: 'title', tabindex: '-1' }, t('console.login.title')), loginForm(app, app.begin)];
  document.title = `${t('console.login.title')} · Landside`;
  replace(main, h('div', { class: 'door card stack' }, h('div', { class: 'row apart' }, app.brand(), languages(again)), ...content));
  const first = /** @type {HTMLInputElement | null} */ (main.querySelector('form input:placeholder-shown, form input'));
  const empty = [...main.querySelectorAll('form input')].find((input) => /** @type {HTMLInputElement} */ (input).value === '');
  /** @type {HTMLElement | null | undefined} */ (empty ?? first)?.focus();
}

/** What a link is for, and the password that is chosen with it. @param {any} app @param {string} token */
async function link(app, token) {
  try {
    const to = await app.api.lookAt(token);
    const names = to.for === 'admin'
      ? [field('login', t('console.login.name'), { type: 'text', autocomplete: 'username' }, t('console.link.login-hint')), field('name', t('console.person.name'), { type: 'text', autocomplete: 'name', autocapitalize: 'words' }, t('console.link.name-hint'))]
      : [h('p', null, t('console.link.for', { name: to.name, login: to.login, role: word('person-role', to.role) }))];
    return [h('h1', { id: 'title', tabindex: '-1' }, to.for === 'admin' ? t('console.link.admin') : t('console.link.person')),
      asked([...names, ...newPassword()], t('console.link.go'), async (values) => {
        const said = { token, password: chosen(values), ...(to.for === 'admin' ? { login: values.login.trim(), name: values.name.trim() } : {}) };
        app.begin(await app.api.follow(said));
      })];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { fact, remedy } = say.trouble(error);
    return [h('h1', { id: 'title', tabindex: '-1' }, fact), h('p', null, remedy), h('a', { class: 'button', href: '#/', onclick: () => location.reload() }, t('console.login.title'))];
  }
}

/**
 * The session is over while somebody works: log in over the page, which stays as it is with all that was typed.
 * @param {any} app @returns {Promise<any>} who is logged in now
 */
export function anew(app) {
  return new Promise((resolve) => {
    const box = forms.dialog(t('console.login.over'), [h('p', { class: 'soft' }, t('console.login.over.do')), loginForm(app, (session) => {
      resolve(session);
      box.close();
    })]);
    box.id = 'anew';
    box.addEventListener('cancel', (event) => event.preventDefault());
    /** @type {HTMLElement | null} */ (box.querySelector('#password'))?.focus();
  });
}
