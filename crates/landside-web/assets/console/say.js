/** What a document says, in one sentence of the language shown; the same before it is signed and after. */

import * as format from '../lib/format.js';
import * as i18n from '../lib/i18n.js';
import { need } from '../lib/need.js';

export { need } from '../lib/need.js';
export { trouble } from '../lib/trouble.js';

const { t, word } = i18n;

/**
 * @typedef {{ zone: string, now: number, names: Map<string, string> }} Place zone of the port, and the names of the parties
 */

/** @param {Place} place */
const here = (place) => ({ language: i18n.locale(), zone: place.zone, now: place.now });

/** A moment, in the port's own time. @param {string | number} at @param {Place} place */
export const time = (at, place) => format.time(at, here(place));

/** @param {{ from: string, until: string }} window @param {Place} place */
export const window = (window, place) => format.window(window, here(place));

/** Stands where a form has no value yet. */
const OPEN = '…';

/** A party by its name in the directory. @param {string | undefined} id @param {Place} place */
export function party(id, place) {
  if (!id) return t('ui.none');
  if (id.startsWith('driver:')) return `${word('role', 'driver')} ${id.slice(7, 15)}`;
  return place.names.get(id) ?? word('role', id);
}

/**
 * Who signed: the party, or who did for it, on what. A line's name never stands alone where its agent signed.
 * @param {{ issuer?: string, agent?: { party: string, message: string } }} step @param {any} place
 */
export function signer({ issuer, agent }, place) {
  const name = party(issuer ?? null, place);
  return agent ? t('console.by-agent', { line: name, agent: party(agent.party, place), hash: agent.message.slice(0, 8) }) : name;
}

/** @param {(string | false | null | undefined)[]} parts */
const joined = (parts) => parts.filter(Boolean).join(t('console.say.and'));

/** @param {string} said @param {string | undefined} reason */
const because = (said, reason) => (reason ? t('console.say.because', { said, reason }) : said);

/** @type {Record<string, (said: any, place: Place) => string>} */
const SENTENCES = {
  'release-order': (said, place) => joined([
    t('console.say.release', { bill: said.bill, to: party(said.terms.release_to, place), until: time(said.terms.valid_until, place) }),
    said.terms.empty_return && t('console.say.depot', { depot: said.terms.empty_return.depot }),
    ...Object.keys(said.sealed ?? {}).map((field) => t('console.say.sealed', { field: word('sealed', field) })),
  ]),
  'release-change': (said, place) => because(
    said.action === 'replace'
      ? t('console.say.replaced', { bill: said.bill, to: party(said.terms?.release_to, place), until: said.terms ? time(said.terms.valid_until, place) : '' })
      : t(CHANGES[said.action] ?? said.action, { bill: said.bill }),
    said.reason,
  ),
  'customs-status': (said) => joined([
    t('console.say.customs', { bill: said.consignment ?? OPEN, status: word('customs-status', said.status) }),
    said.national_code && t('console.say.national', { code: said.national_code }),
    said.declaration && t('console.say.declaration', { declaration: said.declaration }),
  ]),
  hold: (said) => because(t('console.say.hold', { type: word('hold-type', said.hold_type) }), said.reason),
  'hold-lift': (said) => because(said.hold_type ? t('console.say.lift-of', { type: word('hold-type', said.hold_type) }) : t('console.say.lift'), said.reason),
  arrival: (said, place) => joined([
    said.discharged_at ? t('console.say.discharged', { time: time(said.discharged_at, place) }) : t('console.say.announced'),
    said.available ? t('console.say.available') : t('console.say.not-available'),
    said.cleared ? t('console.say.cleared') : t('console.say.not-cleared'),
    said.position && t('console.say.position', { position: said.position }),
    said.damage && t('console.say.damage', { damage: said.damage }),
    said.told && t('console.say.told', { who: said.told.map((/** @type {string} */ office) => party(office, place)).join(', ') }),
  ]),
  override: (said, place) => because(
    said.covers?.length === 0
      ? t('console.say.override-end', { light: word('light', said.light), person: said.person })
      : t('console.say.override', { light: word('light', said.light), person: said.person, until: said.valid_until ? time(said.valid_until, place) : '' }),
    said.reason,
  ),
  'pass-right': (said, place) => joined([t('console.say.pass', { to: said.to ? party(said.to, place) : OPEN }), ...limits(said.limits ?? {}, place)]),
  'return-right': (said) => because(t('console.say.return'), said.reason),
  'revoke-right': (said) => because(t('console.say.revoke'), said.reason),
  'driver-credential': (said, place) => t('console.say.credential', { name: said.name, until: time(said.valid_until, place) }),
  'driver-binding': (said) => t('console.say.binding', { driver: said.name ?? said.driver.slice(8, 16), plate: said.plate }),
  'slot-request': (said, place) => t('console.say.slot-request', { window: window(said.window, place) }),
  slot: (said, place) => because(
    said.window
      ? t('console.say.slot', { answer: word('slot-answer', said.answer), window: window(said.window, place) })
      : t('console.say.slot-refused'),
    said.reason,
  ),
  'pickup-pass': (said, place) => t('console.say.pickup', { plate: said.plate, window: window({ from: seconds(said.not_before), until: seconds(said.expires) }, place) }),
  progress: () => t('console.say.progress'),
  question: (said, place) => joined([
    t(said.subject === 'complaint' ? /* t */ 'console.say.complaint' : /* t */ 'console.say.question', { to: said.to ? party(said.to, place) : OPEN, text: said.text ?? OPEN }),
    said.answer_by && t('console.say.answer-by', { time: time(said.answer_by, place) }),
  ]),
  answer: (said) => t('console.say.answer', { text: said.text }),
  'clock-terms': (said) => t('console.say.clock-terms', { charge: word('charge', said.charge), days: i18n.plural('console.clock.days', said.free_days) }),
  'clock-event': (said, place) => because({
    suspended: () => t('console.say.suspended', { charges: said.charges.map((/** @type {string} */ one) => word('charge', one)).join(t('console.say.and')), window: window(said.window, place) }),
    'empty-returned': () => t('console.say.returned', { time: time(said.at, place) }),
    waived: () => t('console.say.waived', { days: i18n.plural('console.clock.days', said.days) }),
  }[/** @type {'suspended' | 'empty-returned' | 'waived'} */ (said.event)](), said.reason),
  'gate-decision': (said) => said.verdict === 'admit'
    ? t('console.say.admit', { plate: said.plate ?? '' })
    : because(t('console.say.refuse', { plate: said.plate ?? '' }), (said.reasons ?? []).map(reasonOf).join(t('console.say.and'))),
  'interchange-receipt': (said) => t('console.say.receipt', { seals: (said.seals ?? []).join(' ') || t('ui.none'), condition: word('condition', said.condition) }),
  'gate-out': (said, place) => t('console.say.out', { time: time(said.left_at, place) }),
};

/** What a change does to a release. @type {Record<string, string>} */
const CHANGES = {
  block: /* t */ 'console.say.block', unblock: /* t */ 'console.say.unblock', revoke: /* t */ 'console.say.revoke-release', cancel: /* t */ 'console.say.cancel',
};

const seconds = (/** @type {any} */ at) => (typeof at === 'number' ? new Date(at * 1000).toISOString() : at);

/** @param {any} reason of a gate decision */
const reasonOf = (reason) => need(reason.code ?? String(reason));

/** @param {any} limits @param {Place} place */
function limits({ from, until, plate, depot }, place) {
  return [
    from && t('console.say.from', { time: time(from, place) }),
    until && t('console.say.until', { time: time(until, place) }),
    plate && t('console.say.plate', { plate }),
    depot && t('console.say.depot', { depot }),
  ].filter(Boolean);
}

/**
 * @param {string} kind @param {any} said the payload; null when it is not to be had @param {Place} place
 * @param {string} [otherwise] the node's own words, for a kind of a later version
 */
export function sentence(kind, said, place, otherwise = '') {
  try {
    const of = SENTENCES[kind];
    return said && of ? of(said, place) : otherwise || word('kind', kind);
  } catch {
    return otherwise || word('kind', kind);
  }
}

/**
 * What differs between two terms of a release, for people.
 * @param {any} before @param {any} after @param {Place} place @returns {{ name: string, before: string, after: string }[]}
 */
export function differences(before, after, place) {
  const moment = (/** @type {string | undefined} */ at) => at && time(at, place);
  const rows = /** @type {[string, (terms: any) => string | undefined][]} */ ([
    [/* t */ 'console.field.release-to', (terms) => party(terms.release_to, place)],
    [/* t */ 'console.field.valid-from', (terms) => moment(terms.valid_from)],
    [/* t */ 'field.valid-until', (terms) => moment(terms.valid_until)],
    [/* t */ 'console.field.haulage', (terms) => word('haulage', terms.haulage)],
    [/* t */ 'console.field.release-number', (terms) => terms.reference],
    [/* t */ 'field.depot', (terms) => terms.empty_return?.depot],
    [/* t */ 'field.depot-reference', (terms) => terms.empty_return?.reference],
  ]);
  const told = rows.map(([name, of]) => ({ name: t(name), before: of(before) || t('ui.none'), after: of(after) || t('ui.none') }));
  return told.filter((row) => row.before !== row.after);
}
