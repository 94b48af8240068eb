/** The identifiers of PROTOCOL § 4, Types: each with its one spelling. A rule gives null, or what is wrong. */

/** Longest remark, in bytes of UTF-8. */
const REMARK_MAX = 200;
/** Longest bill of lading or reference (EDIFACT 1154, an..35). */
const REFERENCE_MAX = 35;
const PLATE_MAX = 16;
/** 9999-12-31T23:59:59.999Z: the last moment that has an RFC 3339 text. */
export const TIME_MAX = 253_402_300_799_999;

const CASE_SYMBOLS = '0123456789ABCDEFGHJKMNPQRTVWXYZ';

/** @typedef {(text: string) => string | null} Rule */

/** @type {Rule} */
export function party(text) {
  return /^[a-z0-9][a-z0-9-]{1,31}$/.test(text) ? null : 'not a party id';
}

/** @type {Rule} */
export function actor(text) {
  return /^driver:[0-9a-f]{16}$/.test(text) ? null : party(text);
}

/** ISO 6346, check digit included. @type {Rule} */
export function container(text) {
  if (!/^[A-Z]{3}[UJZ][0-9]{7}$/.test(text)) return 'not a container number';
  return containerCheckDigit(text.slice(0, 10)) === Number(text[10]) ? null : 'wrong check digit';
}

/** The check digit of the first ten characters (ISO 6346). @param {string} prefix */
export function containerCheckDigit(prefix) {
  let sum = 0;
  for (let i = 9; i >= 0; i--) sum = (sum * 2 + letterValue(prefix.charCodeAt(i))) % 11;
  return sum % 10;
}

/** Letters count from 10 on and leave out the multiples of 11. @param {number} code */
function letterValue(code) {
  if (code < 65) return code - 48;
  const n = code - 65 + 10;
  return n + Math.floor((n - 1) / 10);
}

/** @type {Rule} */
export function reference(text) {
  const printable = /^[ -~]+$/.test(text) && text.length <= REFERENCE_MAX;
  return printable && !text.startsWith(' ') && !text.endsWith(' ') ? null : 'not a reference';
}

/** No control characters, and none that hide text or turn its direction. @type {Rule} */
export function remark(text) {
  if (/[\p{Cc}\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u.test(text)) return 'control characters';
  const length = new TextEncoder().encode(text).length;
  return length >= 1 && length <= REMARK_MAX ? null : `not 1 to ${REMARK_MAX} bytes`;
}

/** @type {Rule} */
export function plate(text) {
  const letters = [...text];
  const sized = letters.length >= 2 && letters.length <= PLATE_MAX;
  const inner = !text.startsWith('-') && !text.endsWith('-');
  return sized && inner && letters.every(isPlateLetter) ? null : 'not a plate';
}

/** @param {string} c */
function isPlateLetter(c) {
  return c === '-' || (/[\p{Alphabetic}\p{N}]/u.test(c) && !/\p{Lowercase}/u.test(c) && c.toUpperCase() === c);
}

/** @type {Rule} */
export function sizeType(text) {
  return /^[0-9A-Z]{4}$/.test(text) ? null : 'not a size and type';
}

/** @type {Rule} */
export function imo(text) {
  if (!/^[1-9][0-9]{6}$/.test(text)) return 'not an IMO number';
  const sum = [7, 6, 5, 4, 3, 2].reduce((total, weight, i) => total + weight * Number(text[i]), 0);
  return sum % 10 === Number(text[6]) ? null : 'wrong check digit';
}

/** @type {Rule} */
export function caseCode(text) {
  if (!/^[^-]{4}-[^-]{4}-[^-]$/.test(text)) return 'not a case code';
  const values = [...text.replaceAll('-', '')].map((c) => CASE_SYMBOLS.indexOf(c));
  if (values.includes(-1)) return 'not a case code';
  const sum = [9, 8, 7, 6, 5, 4, 3, 2].reduce((total, weight, i) => total + weight * values[i], 0);
  return sum % 31 === values[8] ? null : 'wrong check symbol';
}
