/** Making elements. Text is always text: nothing here reads markup. */

const SVG = 'http://www.w3.org/2000/svg';

/** Sprite with the icons, wherever the page is. */
const ICONS = new URL('../style/icons.svg', import.meta.url).pathname;
/** What stands before the name of an icon in an address. */
let prefix = `${ICONS}#`;

/** Puts the icons into the page: those of a sprite elsewhere are looked for anew, and do not come without a network. */
export async function keepIcons() {
  const answer = await fetch(ICONS);
  if (!answer.ok) return;
  const { documentElement } = new DOMParser().parseFromString(await answer.text(), 'image/svg+xml');
  documentElement.setAttribute('hidden', '');
  // Their names are those of other things in the page.
  for (const symbol of documentElement.querySelectorAll('symbol')) symbol.id = `icon-${symbol.id}`;
  document.body.append(document.importNode(documentElement, true));
  prefix = '#icon-';
}

/**
 * An element: `h('p', { class: 'soft' }, 'text', other)`. `on…` are listeners; true gives an attribute without value,
 * false, null and undefined none.
 * @param {string} tag
 * @param {Record<string, any> | null} [attributes]
 * @param {...(Node | string | null | false | undefined | (Node | string | null | false)[])} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false && child !== ''));
  return element;
}

/** An icon beside text that says the same. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `${prefix}${name}`);
  svg.append(use);
  return svg;
}

/**
 * Puts new children in the place of old ones, and the focus back where it was, by id. What is no node is left out.
 * @param {Element} parent @param {...(Node | false | null | undefined)} children
 */
export function replace(parent, ...children) {
  const focused = document.activeElement;
  const id = focused && parent.contains(focused) ? focused.id : '';
  parent.replaceChildren(.../** @type {Node[]} */ (children.filter(Boolean)));
  if (id) document.getElementById(id)?.focus({ preventScroll: true });
}
