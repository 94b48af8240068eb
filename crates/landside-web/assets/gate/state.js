/** What holds, from what the node said. Pure: time is an argument. */

import * as ids from '../lib/ids.js';
import { TEXT_MAX } from '../lib/presentation.js';

/** A verdict is of the truck in the lane for this long; a pass shown lives as long. */
export const VERDICT_LIFE_MS = 60_000;
/** Nothing that is looked for is longer: a case code has 11 signs, a bill 35. */
const TYPED_MAX = 40;
/** Longest text of a remark or reason, in characters; the node counts bytes. */
export const REMARK_MAX = 200;

/** Letters and digits alone, in capitals. @param {string} text */
export function plain(text) {
  return text.replace(/[^\p{L}\p{N}]/gu, '').toUpperCase();
}

/**
 * What was typed or scanned.
 * @param {string} text
 * @returns {{ kind: 'nothing' | 'foreign' | 'pass' | 'container' | 'search', text: string, fault?: string }}
 */
export function read(text) {
  const typed = text.trim();
  if (typed === '') return { kind: 'nothing', text: '' };
  // A scanner that types while Caps Lock is on turns the case around; the text itself has none.
  if (/^ls1:/i.test(typed)) return typed.length <= TEXT_MAX ? { kind: 'pass', text: typed.toUpperCase() } : { kind: 'foreign', text: typed };
  if (typed.length > TYPED_MAX) return { kind: 'foreign', text: typed };
  const word = plain(typed);
  if (word === '') return { kind: 'foreign', text: typed };
  if (!/^[A-Z]{3}[UJZ][0-9]{7}$/.test(word)) return { kind: 'search', text: typed };
  const fault = ids.container(word) === null ? undefined : String(ids.containerCheckDigit(word.slice(0, 10)));
  return { kind: 'container', text: word, fault };
}

/** Whether a line has exactly this code, container or plate. @param {any} line @param {string} typed */
export const isNamed = (line, typed) => [line.code, line.container, line.plate ?? ''].some((name) => plain(name) === plain(typed));

/**
 * The case that a search means: the only one found, or the only one that has exactly this code, plate or number.
 * @param {string} typed
 * @param {any[]} lines
 * @returns {any | null}
 */
export function meant(typed, lines) {
  const exact = lines.filter((line) => isNamed(line, typed));
  if (exact.length === 1) return exact[0];
  return lines.length === 1 ? lines[0] : null;
}

/** Documents of the case that the lane goes by, by their ids. @param {any} kase as the node shows it */
export function papers(kase) {
  let decision = null;
  let receipt = null;
  let signed = null;
  for (const step of kase.timeline) {
    if (step.kind === 'gate-decision') decision = step;
    if (step.kind !== 'interchange-receipt') continue;
    if (step.issuer === kase.terminal) [receipt, signed] = [step, null];
    else signed = step;
  }
  return { decision, receipt, signed };
}

/**
 * Where a truck stands: what is to be done next.
 * @param {any} kase
 * @param {any | null} decision payload of the last gate decision
 * @returns {'outside' | 'receipt' | 'signature' | 'ready' | 'left'}
 */
export function standing(kase, decision) {
  if (kase.gate_out) return 'left';
  if (decision?.verdict !== 'admit') return 'outside';
  const { receipt, signed } = papers(kase);
  if (!receipt) return 'receipt';
  return signed ? 'ready' : 'signature';
}

/** References as people type them, in one field. @param {string} text */
export function words(text) {
  return text.split(/[\s,;，；、]+/).filter((word) => word !== '').map((word) => word.toUpperCase());
}

/** Lights that a person may pass over. @param {any} kase */
export function overridable(kase) {
  return ['commercial', 'terminal'].filter((light) => kase.lights[light] === 'red');
}

/**
 * The day's list in three.
 * @param {any[]} slots
 * @param {number} now
 */
export function queue(slots, now) {
  const of = (/** @type {string[]} */ ...states) => slots.filter((slot) => states.includes(slot.state));
  const byTime = (/** @type {any} */ a, /** @type {any} */ b) => Date.parse(b.at) - Date.parse(a.at);
  const isOver = (/** @type {any} */ slot) => Date.parse(slot.slot.until) < now;
  const waiting = of('expected', 'refused');
  return { here: of('here'), expected: [...waiting.filter((slot) => !isOver(slot)), ...waiting.filter(isOver)], left: of('left').sort(byTime), isOver };
}
