/** A log-in without name and password, for every page that logs people in. */

import { h, icon } from './dom.js';
import { t } from './i18n.js';
import * as passkey from './passkey.js';

/**
 * The button, with room for what went wrong. It is not shown where the node or the browser has no passkeys.
 * @param {(method: string, path: string, body?: any) => Promise<any>} ask the JSON door
 * @param {(session: any) => unknown} known somebody is logged in now
 * @param {(error: unknown) => HTMLElement} refusal how the page says why not
 */
export function byPasskey(ask, known, refusal) {
  const trouble = h('div', { class: 'trouble' });
  const go = h('button', { class: 'button wide', type: 'button', id: 'by-passkey', onclick: async () => {
    if (go.getAttribute('aria-busy') === 'true') return;
    go.setAttribute('aria-busy', 'true');
    trouble.replaceChildren();
    try {
      const { id, options } = await ask('POST', 'session/passkey/options');
      const session = await ask('POST', 'session/passkey', { id, credential: await passkey.get(options) });
      await known(session);
    } catch (error) {
      trouble.replaceChildren(refusal(error));
    } finally {
      go.setAttribute('aria-busy', 'false');
    }
  } }, icon('shield'), t('console.login.passkey'));
  const box = h('div', { class: 'stack', hidden: true }, go, trouble);
  ask('GET', 'session/passkey').then(({ origin }) => { box.hidden = !passkey.isPossible(origin); }, () => {});
  return box;
}
