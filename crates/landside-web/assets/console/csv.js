/** Releases from a table (RFC 4180): a line for each container, and what is wrong with each. */

import * as ids from '../lib/ids.js';
import { moment } from './state.js';

/** Most lines of one file: more than a vessel discharges; each becomes a document of its own. */
export const ROWS_MAX = 5000;

const COLUMNS = ['container', 'bill', 'release_to', 'valid_until', 'haulage', 'size_type', 'depot', 'reference', 'terminal'];
const NEEDED = COLUMNS.slice(0, 4);

/**
 * The fields of a text, line by line; the separator is what the first line has more of.
 * @param {string} text @returns {string[][]}
 */
export function fields(text) {
  const plain = text.replace(/^\uFEFF/, '');
  const head = plain.split(/\r?\n/, 1)[0];
  const separator = [';', '\t', ','].sort((a, b) => head.split(b).length - head.split(a).length)[0];
  const rows = [[]];
  let field = '';
  let isQuoted = false;
  for (let i = 0; i < plain.length; i++) {
    const c = plain[i];
    if (isQuoted) {
      if (c === '"' && plain[i + 1] === '"') field += plain[++i];
      else if (c === '"') isQuoted = false;
      else field += c;
    } else if (c === '"' && field === '') isQuoted = true;
    else if (c === separator || c === '\n') {
      /** @type {string[]} */ (rows.at(-1)).push(field.trim());
      field = '';
      if (c === '\n') rows.push([]);
    } else if (c !== '\r') field += c;
  }
  /** @type {string[]} */ (rows.at(-1)).push(field.trim());
  return rows.filter((row) => row.some((one) => one !== ''));
}

/**
 * Drafts of releases. A day without an hour is its last minute, in the zone of the port.
 * @param {string} text @param {{ zone: string, parties: Map<string, any> }} port
 * @returns {{ fault: string, rows: { container: string, fields: any, said: any, fault: string }[] }} faults are codes
 */
export function releases(text, { zone, parties }) {
  const [head, ...lines] = fields(text);
  const names = (head ?? []).map((name) => name.toLowerCase().replace(/[\s-]+/g, '_'));
  if (NEEDED.some((name) => !names.includes(name)) || names.some((name) => !COLUMNS.includes(name))) return { fault: 'columns', rows: [] };
  if (lines.length > ROWS_MAX) return { fault: 'rows', rows: [] };
  return { fault: '', rows: lines.map((line) => draft(Object.fromEntries(names.map((name, i) => [name, line[i] ?? ''])), zone, parties)) };
}

/** @param {Record<string, string>} row @param {string} zone @param {Map<string, any>} parties */
function draft(row, zone, parties) {
  const container = row.container.replace(/[\s-]/g, '').toUpperCase();
  const day = row.valid_until.replace(' ', 'T');
  const until = moment(/^\d{4}-\d\d-\d\d$/.test(day) ? `${day}T23:59` : day, zone);
  const to = [...parties.values()].find((one) => one.id === row.release_to || one.name === row.release_to)?.id;
  const haulage = row.haulage?.toLowerCase() || 'merchant';
  const fault = faultOf({ ...row, container, until, to: to ?? '', haulage });
  const terms = { release_to: to, valid_until: until, haulage, ...(row.depot ? { empty_return: { depot: row.depot, ...(row.reference ? { reference: row.reference } : {}) } } : {}) };
  const said = { bill: row.bill, terms, ...(row.size_type ? { size_type: row.size_type.toUpperCase() } : {}) };
  return { container, fault, said, fields: { container, ...(row.terminal ? { terminal: row.terminal } : {}), ...said } };
}

/** @param {any} row */
function faultOf(row) {
  if (ids.container(row.container) !== null) return 'container';
  if (ids.reference(row.bill) !== null) return 'reference';
  if (row.to === '') return 'party';
  if (row.until === '') return 'time';
  if (!['merchant', 'carrier'].includes(row.haulage)) return 'haulage';
  if (row.size_type && ids.sizeType(row.size_type.toUpperCase()) !== null) return 'sizeType';
  return [row.depot, row.reference].some((one) => one && ids.reference(one) !== null) ? 'reference' : '';
}
