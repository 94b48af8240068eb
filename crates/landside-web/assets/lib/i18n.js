/** Texts of the screens. No text stands in code: code names a key, and `text/<language>.json` has the words. */

export const LANGUAGES = /** @type {const} */ (['en', 'zh-CN']);

/** What the person chose, kept beside the page. */
const CHOICE = 'landside.language';

/** @type {Record<string, string>} */
let texts = {};
let current = 'en';

/**
 * The language to show: what was chosen here, else the first of the device's that there is.
 * @param {string | null} chosen
 * @param {readonly string[]} wanted such as `navigator.languages`
 * @returns {typeof LANGUAGES[number]}
 */
export function pick(chosen, wanted) {
  for (const language of [chosen, ...wanted]) {
    if (language?.toLowerCase().startsWith('zh')) return 'zh-CN';
    if (language?.toLowerCase().startsWith('en')) return 'en';
  }
  return 'en';
}

/** The language that was chosen on this device, if one was. */
export function chosen() {
  return localStorage.getItem(CHOICE);
}

/** The language shown. */
export function language() {
  return current;
}

/** The device's own kind of the language shown, such as `en-GB`: for dates and numbers. */
export function locale() {
  const wanted = typeof navigator === 'undefined' ? [] : navigator.languages;
  return wanted?.find((one) => one.slice(0, 2) === current.slice(0, 2)) ?? current;
}

/** Loads the texts of the language to show. @param {string} [choice] remembered, when given */
export async function start(choice) {
  if (choice) localStorage.setItem(CHOICE, choice);
  current = pick(localStorage.getItem(CHOICE), navigator.languages);
  const answer = await fetch(new URL(`../text/${current}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`texts: ${answer.status}`);
  use(current, await answer.json());
  document.documentElement.lang = current;
}

/** Takes texts from elsewhere than the server. @param {string} language @param {Record<string, string>} given */
export function use(language, given) {
  current = language;
  texts = given;
}

/** Whether there is a text: codes of later versions have none. @param {string} key */
export function has(key) {
  return Object.hasOwn(texts, key);
}

/**
 * The text of a key, with `{names}` filled in; the key itself when there is none.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const text = has(key) ? texts[key] : key;
  return text.replace(/\{([a-z]+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * A text with a number: `key.one` or `key.other`, by the rules of the language.
 * @param {string} key
 * @param {number} n
 * @param {string} [written] how the number is written, where not by its digits alone
 */
export function plural(key, n, written = String(n)) {
  const form = new Intl.PluralRules(current).select(n);
  return t(has(`${key}.${form}`) ? `${key}.${form}` : `${key}.other`, { n: written });
}

/**
 * The text of a code of a family, such as `need` and `hold`; the code itself when a later version made it up.
 * @param {string} family
 * @param {string} code
 */
export function word(family, code) {
  return has(`${family}.${code}`) ? t(`${family}.${code}`) : code;
}

/** Fills in `data-t` (text) and `data-t-label` (aria-label) below an element. @param {ParentNode} root */
export function translate(root) {
  for (const element of root.querySelectorAll('[data-t]')) element.textContent = t(element.getAttribute('data-t') ?? '');
  for (const element of root.querySelectorAll('[data-t-label]')) {
    element.setAttribute('aria-label', t(element.getAttribute('data-t-label') ?? ''));
  }
}
