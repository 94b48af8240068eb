/** The one list of what a container needs, and the gate's reasons, for people: the same words on every screen. */

import { h } from './dom.js';
import { has, t, word } from './i18n.js';

/** Families of texts that a code may be of. */
const FAMILIES = ['need', 'gate', 'refusal'];

/** Which family of texts a code is of; none when a later version made it up. @param {string} code */
export const familyOf = (code) => FAMILIES.find((family) => has(`${family}.${code}`));

/** A code of the one list, or of the gate. @param {string} code */
export function need(code) {
  const family = familyOf(code);
  return family ? t(`${family}.${code}`) : code;
}

/**
 * What stands behind a need: bill, hold, status, time. The node's own words, in English, only where there are no others.
 * @param {any} one a need or reason as the node tells it
 * @param {{ time: (at: string) => string, rolesOf: (party: string) => string[] | undefined }} known how times are written, and who is what
 * @returns {HTMLElement[]}
 */
export function behind(one, { time, rolesOf }) {
  const roles = rolesOf(one.owed_by);
  const facts = [
    one.hold_type && [`${word('hold-type', one.hold_type)}: ${one.reason ?? ''}`],
    one.bill && [t('field.bill'), ' ', h('span', { class: 'code' }, one.bill)],
    one.customs_status && [word('customs-status', one.customs_status)],
    one.ended_at && [t('ui.over-since', { time: time(one.ended_at) })],
    // Only a haulier can name a driver and book: who else holds the right passes it on first.
    ['driver-missing', 'slot-missing'].includes(one.code) && roles && !roles.includes('haulier') && [t('ui.pass-on')],
  ].filter(Boolean).map((/** @type {any} */ fact) => h('span', null, ...fact));
  const isUnknown = !familyOf(one.code) && one.detail;
  return isUnknown ? [...facts, h('span', { lang: 'en' }, one.detail)] : facts;
}

/**
 * Who owes something: a party by its name with what it is, or a role while no party is known.
 * @param {string} who @param {Map<string, { name: string, roles: string[] }>} parties of the directory
 */
export function owner(who, parties) {
  const party = parties.get(who);
  if (!party) return word('role', who);
  return t('ui.party-role', { party: party.name, role: party.roles.map((role) => word('role', role)).join(' · ') });
}
