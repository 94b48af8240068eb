/**
 * What a person can have signed: one table. Each action says who may, when it makes sense, what is asked for, and the
 * drafts that it makes of the answers; the node fills in the rest and judges.
 */

import { facts, local, moment, stands } from './state.js';

/**
 * @typedef {{ roles: string[], party: string, may: string[] }} Me
 * @typedef {{ name: string, sort: 'text' | 'party' | 'time' | 'choice' | 'check' | 'driver', label: string, hint?: string,
 *   choices?: string[], family?: string, roles?: string[], among?: string[], isOptional?: boolean, start?: any, rule?: string }} Field
 * @typedef {{ kind: string, fields: Record<string, any>, said: any, before?: any }} Draft said is what the sentence is made of; before, what it takes the place of
 * @typedef {{ id: string, title: string, roles: string[], tone?: string, isBulk?: boolean, opens?: boolean, follows?: string, when: (c: any) => boolean,
 *   fields: (c: any) => Field[], drafts: (values: any, c: any) => Draft[] }} Action
 */

const HOLDERS = ['shipper', 'forwarder', 'haulier'];
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Hold types by the role that places them (PROTOCOL § 4), the usual ones first. @type {Record<string, string[]>} */
const HOLDS = {
  line: ['freight', 'commercial'],
  customs: ['customs-documents', 'customs-scan', 'customs-physical', 'quarantine', 'security', 'court'],
  terminal: ['terminal-storage', 'terminal-damage'],
  authority: ['court'],
};

/** Fields without what was left empty. @param {Record<string, any>} fields */
export const given = (fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '' && value !== undefined && value !== null));

/** Which container, where no case is known yet. @param {any} c @returns {Field[]} */
function whereFields(c) {
  if (!c.isNew) return [];
  const container = /** @type {Field} */ ({ name: 'container', sort: 'text', label: /* t */ 'field.container', rule: 'container', start: c.container ?? '' });
  return c.terminals.length > 1 && !c.me.roles.includes('terminal') ? [container, { name: 'terminal', sort: 'party', label: /* t */ 'field.terminal', roles: ['terminal'] }] : [container];
}

/** @param {any} values @param {any} c */
const where = (values, c) => (c.isNew ? given({ container: values.container, terminal: values.terminal }) : { case: c.code });

const reason = (/** @type {boolean} */ isOptional) => /** @type {Field} */ ({ name: 'reason', sort: 'text', label: /* t */ 'field.reason', isOptional, rule: 'remark' });

/** Bills of the case whose release is of this party and in one of the states; in bulk, all that the list shows. @param {any} c @param {string[]} states */
function bills(c, states) {
  if (!c.subject) return c.bills;
  return c.facts.releases.filter((/** @type {any} */ r) => r.line === c.me.party && states.includes(r.state)).map((/** @type {any} */ r) => r.bill);
}

/** @param {any} c @param {string[]} states @returns {Field[]} */
function billField(c, states) {
  const of = bills(c, states);
  return c.subject && of.length > 1 ? [{ name: 'bill', sort: 'choice', label: /* t */ 'field.bill', choices: of, start: of[0] }] : [];
}

/** @param {string} action @param {string[]} from @param {string} title @param {any} more @returns {Action} */
const change = (action, from, title, more) => ({
  id: action, title, roles: ['line'], ...more,
  when: (c) => bills(c, from).length > 0,
  fields: (c) => [...billField(c, from), reason(action === 'unblock')],
  drafts: (values, c) => (values.bill ? [values.bill] : bills(c, from)).map((/** @type {string} */ bill) => {
    const said = given({ bill, action, reason: values.reason });
    return { kind: 'release-change', fields: { case: c.code, ...said }, said };
  }),
});

/** @param {string} id @param {string} status @param {string} title @param {any} more @returns {Action} */
const customs = (id, status, title, more = {}) => ({
  id, title, roles: ['customs'], opens: status === 'released', ...more,
  when: (c) => !c.subject || consignments(c).some((one) => one.status !== status) || consignments(c).length === 0,
  fields: (c) => [
    ...whereFields(c),
    ...((c.subject || c.isNew) && consignments(c).length !== 1
      ? [/** @type {Field} */ ({ name: 'consignment', sort: consignments(c).length > 0 ? 'choice' : 'text', label: /* t */ 'field.bill', choices: consignments(c).map((one) => one.bill), start: consignments(c)[0]?.bill, rule: 'reference' })]
      : []),
    { name: 'national_code', sort: 'text', label: /* t */ 'console.field.national', isOptional: true, rule: 'reference' },
    { name: 'declaration', sort: 'text', label: /* t */ 'console.field.declaration', isOptional: true, rule: 'reference' },
  ],
  drafts: (values, c) => {
    const of = values.consignment || c.isNew ? [values.consignment] : c.subject ? consignments(c).map((one) => one.bill) : c.bills;
    return of.map((/** @type {string} */ consignment) => {
      const said = given({ consignment, status, national_code: values.national_code, declaration: values.declaration });
      return { kind: 'customs-status', fields: { ...where(values, c), ...said }, said };
    });
  },
});

/** Every bill that customs may speak on, with what it said last. @param {any} c @returns {{ bill: string, status: string }[]} */
function consignments(c) {
  const bills = new Set([...c.facts.releases.filter(stands).map((/** @type {any} */ r) => r.bill), ...c.facts.customs.map((/** @type {any} */ s) => s.consignment)]);
  const said = new Map(c.facts.customs.map((/** @type {any} */ s) => [s.consignment, s.status]));
  return [...bills].map((bill) => ({ bill, status: said.get(bill) ?? '' }));
}

/** Holds that this party may lift. @param {any} c */
function liftable(c) {
  const overrules = (/** @type {any} */ hold) => c.me.roles.includes('authority') || (c.me.roles.includes('customs') && HOLDS.line.includes(hold.type));
  return c.facts.holds.filter((/** @type {any} */ hold) => hold.placer === c.me.party || overrules(hold));
}

/** The next full hour that a truck can still make: slots begin with the hour. @param {number} now */
const fullHour = (now) => Math.ceil((now + HOUR_MS / 2) / HOUR_MS) * HOUR_MS;

const holdsRight = (/** @type {any} */ c) => c.subject?.right?.holder === c.me.party;

/** Whether somebody holds the right after this party. @param {any} c */
function isUpstream(c) {
  const hops = c.subject?.right?.hops ?? [];
  if (hops.length < 2) return false;
  const own = hops.findIndex((/** @type {any} */ hop) => hop.holder === c.me.party);
  const isLine = c.facts.releases.some((/** @type {any} */ r) => r.line === c.me.party && stands(r));
  return own >= 0 ? own < hops.length - 1 : isLine;
}

/** @type {Action[]} */
export const ACTIONS = [
  {
    id: 'release', title: /* t */ 'console.action.release', roles: ['line'], tone: 'primary', opens: true,
    when: (c) => c.isNew || !c.facts.releases.some(stands),
    fields: (c) => [
      ...whereFields(c),
      { name: 'bill', sort: 'text', label: /* t */ 'field.bill', rule: 'reference' },
      { name: 'release_to', sort: 'party', label: /* t */ 'console.field.release-to', roles: HOLDERS },
      { name: 'valid_until', sort: 'time', label: /* t */ 'field.valid-until', start: c.now + 7 * DAY_MS },
      { name: 'haulage', sort: 'choice', label: /* t */ 'console.field.haulage', choices: ['merchant', 'carrier'], family: 'haulage', start: 'merchant' },
      { name: 'size_type', sort: 'text', label: /* t */ 'field.size-type', isOptional: true, rule: 'sizeType' },
      { name: 'depot', sort: 'text', label: /* t */ 'field.depot', isOptional: true, rule: 'reference' },
      { name: 'reference', sort: 'text', label: /* t */ 'field.depot-reference', isOptional: true, rule: 'reference' },
      { name: 'consignee', sort: 'text', label: /* t */ 'console.field.consignee', hint: /* t */ 'console.field.sealed', isOptional: true },
    ],
    drafts: (values, c) => {
      const empty = values.depot && { empty_return: given({ depot: values.depot, reference: values.reference }) };
      const terms = { release_to: values.release_to, valid_until: moment(values.valid_until, c.zone), haulage: values.haulage, ...empty };
      const said = given({ bill: values.bill, terms, size_type: values.size_type });
      return [{ kind: 'release-order', fields: { ...where(values, c), ...said, ...given({ consignee: values.consignee }) }, said: { ...said, sealed: given({ consignee: values.consignee }) } }];
    },
  },
  {
    // The fields follow the bill: each has terms of its own.
    id: 'replace', title: /* t */ 'console.action.replace', roles: ['line'], follows: 'bill',
    when: (c) => c.subject !== null && bills(c, STANDING).length > 0,
    fields: (c) => {
      const { terms } = released(c, c.bill);
      const at = (/** @type {string | undefined} */ time) => (time ? Date.parse(time) : undefined);
      return [
        ...billField(c, STANDING),
        { name: 'release_to', sort: 'party', label: /* t */ 'console.field.release-to', roles: HOLDERS, start: terms.release_to },
        { name: 'valid_from', sort: 'time', label: /* t */ 'console.field.valid-from', start: at(terms.valid_from), isOptional: true },
        { name: 'valid_until', sort: 'time', label: /* t */ 'field.valid-until', start: at(terms.valid_until) },
        { name: 'haulage', sort: 'choice', label: /* t */ 'console.field.haulage', choices: ['merchant', 'carrier'], family: 'haulage', start: terms.haulage },
        { name: 'number', sort: 'text', label: /* t */ 'console.field.release-number', start: terms.reference ?? '', isOptional: true, rule: 'reference' },
        { name: 'depot', sort: 'text', label: /* t */ 'field.depot', start: terms.empty_return?.depot ?? '', isOptional: true, rule: 'reference' },
        { name: 'reference', sort: 'text', label: /* t */ 'field.depot-reference', start: terms.empty_return?.reference ?? '', isOptional: true, rule: 'reference' },
        reason(true),
      ];
    },
    drafts: (values, c) => {
      const { bill, terms: before, head } = released(c, values.bill);
      // A field knows minutes; a time that nobody touched stays to the millisecond.
      const time = (/** @type {string} */ typed, /** @type {string | undefined} */ old) => (old && local(Date.parse(old), c.zone) === typed ? old : typed && moment(typed, c.zone));
      const empty = values.depot && { empty_return: given({ depot: values.depot, reference: values.reference }) };
      const terms = given({
        release_to: values.release_to, valid_from: time(values.valid_from, before.valid_from), valid_until: time(values.valid_until, before.valid_until),
        haulage: values.haulage, reference: values.number, ...empty,
      });
      if (isAlike(before, terms)) return [];
      const said = given({ bill, action: 'replace', terms, reason: values.reason });
      // Built on what the form showed: who changed it meanwhile is not written over.
      return [{ kind: 'release-change', fields: { case: c.code, builds_on: head, ...said }, said, before }];
    },
  },
  change('block', ['active'], /* t */ 'console.action.block', { isBulk: true, tone: 'danger' }),
  change('unblock', ['blocked'], /* t */ 'console.action.unblock', { isBulk: true, tone: 'primary' }),
  change('revoke', ['active', 'blocked'], /* t */ 'console.action.revoke', { tone: 'danger' }),
  change('cancel', ['active', 'blocked'], /* t */ 'console.action.cancel', { tone: 'danger' }),
  customs('clear', 'released', /* t */ 'console.action.clear', { isBulk: true, tone: 'primary' }),
  customs('exam', 'exam', /* t */ 'console.action.exam'),
  customs('scan', 'scan', /* t */ 'console.action.scan'),
  customs('detain', 'held', /* t */ 'console.action.detain', { tone: 'danger' }),
  {
    id: 'arrival', title: /* t */ 'console.action.arrival', roles: ['terminal'], tone: 'primary', opens: true,
    when: () => true,
    fields: (c) => {
      const before = c.facts.arrival;
      return [
        ...whereFields(c),
        { name: 'discharged_at', sort: 'time', label: /* t */ 'console.field.discharged', start: before?.discharged_at ? Date.parse(before.discharged_at) : c.now, isOptional: true },
        { name: 'available', sort: 'check', label: /* t */ 'console.field.available', start: before?.available ?? true },
        { name: 'cleared', sort: 'check', label: /* t */ 'console.field.cleared', start: before?.cleared ?? true },
        { name: 'position', sort: 'text', label: /* t */ 'field.position', start: before?.position ?? '', isOptional: true, rule: 'reference' },
        { name: 'damage', sort: 'text', label: /* t */ 'console.field.damage', start: before?.damage ?? '', isOptional: true, rule: 'remark' },
      ];
    },
    drafts: (values, c) => {
      const at = values.discharged_at && moment(values.discharged_at, c.zone);
      const said = given({ discharged_at: at, available: values.available, cleared: values.cleared, position: values.position, damage: values.damage });
      return [{ kind: 'arrival', fields: { ...where(values, c), ...said }, said }];
    },
  },
  {
    id: 'pass', title: /* t */ 'console.action.pass', roles: HOLDERS, tone: 'primary', isBulk: true,
    when: (c) => !c.subject || holdsRight(c),
    fields: () => [
      { name: 'to', sort: 'party', label: /* t */ 'console.field.pass-to', roles: HOLDERS },
      { name: 'until', sort: 'time', label: /* t */ 'console.field.until', isOptional: true },
      { name: 'plate', sort: 'text', label: /* t */ 'console.field.only-plate', isOptional: true, rule: 'plate' },
    ],
    drafts: (values, c) => {
      const limits = given({ until: values.until && moment(values.until, c.zone), plate: values.plate });
      const said = { to: values.to, limits };
      return [{ kind: 'pass-right', fields: { case: c.code, ...said }, said }];
    },
  },
  {
    id: 'bind', title: /* t */ 'console.action.bind', roles: ['haulier'], tone: 'primary',
    when: holdsRight,
    fields: (c) => [
      { name: 'driver', sort: 'driver', label: /* t */ 'role.driver', start: c.subject?.driver?.key ?? '' },
      { name: 'plate', sort: 'text', label: /* t */ 'field.plate', start: c.subject?.driver?.plate ?? '', rule: 'plate' },
    ],
    drafts: (values, c) => {
      const said = { driver: values.driver, plate: values.plate };
      const name = c.drivers?.find((/** @type {any} */ one) => one.key === values.driver)?.name;
      return [{ kind: 'driver-binding', fields: { case: c.code, ...said }, said: { ...said, name } }];
    },
  },
  {
    id: 'slot', title: /* t */ 'console.action.slot', roles: ['haulier'], tone: 'primary',
    when: holdsRight,
    fields: (c) => [
      { name: 'from', sort: 'time', label: /* t */ 'console.field.slot-from', start: fullHour(c.now) },
      { name: 'until', sort: 'time', label: /* t */ 'console.field.slot-until', start: fullHour(c.now) + HOUR_MS },
    ],
    drafts: (values, c) => {
      const said = { window: { from: moment(values.from, c.zone), until: moment(values.until, c.zone) } };
      return [{ kind: 'slot-request', fields: { case: c.code, ...said }, said }];
    },
  },
  {
    id: 'return', title: /* t */ 'console.action.return', roles: HOLDERS,
    when: (c) => holdsRight(c) && c.subject.right.hops.length > 1,
    fields: () => [reason(true)],
    drafts: (values, c) => {
      const said = given({ reason: values.reason });
      return [{ kind: 'return-right', fields: { case: c.code, ...said }, said }];
    },
  },
  {
    id: 'take-back', title: /* t */ 'console.action.take-back', roles: ['line', ...HOLDERS], tone: 'danger',
    when: isUpstream,
    fields: () => [reason(true)],
    drafts: (values, c) => {
      const said = given({ reason: values.reason });
      return [{ kind: 'revoke-right', fields: { case: c.code, ...said }, said }];
    },
  },
  {
    id: 'hold', title: /* t */ 'console.action.hold', roles: ['line', 'customs', 'terminal', 'authority'], isBulk: true, tone: 'danger', opens: true,
    when: () => true,
    fields: (c) => {
      const types = [...new Set(c.me.roles.flatMap((/** @type {string} */ role) => HOLDS[role] ?? []))];
      return [...whereFields(c), { name: 'hold_type', sort: 'choice', label: /* t */ 'console.field.hold-type', choices: types, family: 'hold-type', start: types[0] }, reason(false)];
    },
    drafts: (values, c) => {
      const said = { hold_type: values.hold_type, reason: values.reason };
      return [{ kind: 'hold', fields: { ...where(values, c), ...said }, said }];
    },
  },
  {
    id: 'lift', title: /* t */ 'console.action.lift', roles: ['line', 'customs', 'terminal', 'authority'], isBulk: true, tone: 'primary',
    when: (c) => !c.subject || liftable(c).length > 0,
    fields: (c) => {
      const ids = c.subject ? liftable(c).map((/** @type {any} */ hold) => hold.id) : [];
      const many = ids.length > 1 ? [/** @type {Field} */ ({ name: 'hold', sort: 'choice', label: /* t */ 'kind.hold', choices: ids, family: 'hold-id', start: ids[0] })] : [];
      return [...many, reason(true)];
    },
    drafts: (values, c) => {
      const of = c.subject ? liftable(c) : [];
      const hold = of.find((/** @type {any} */ one) => one.id === values.hold) ?? of[0];
      const said = given({ builds_on: hold?.id, reason: values.reason });
      return [{ kind: 'hold-lift', fields: { case: c.code, ...said }, said: { ...said, hold_type: hold?.type } }];
    },
  },
  {
    id: 'override', title: /* t */ 'console.action.override', roles: ['terminal'], tone: 'danger',
    when: (c) => reds(c).length > 0,
    fields: (c) => [
      { name: 'light', sort: 'choice', label: /* t */ 'console.field.light', choices: reds(c), family: 'light', start: reds(c)[0] },
      { ...reason(false), hint: /* t */ 'console.field.override-hint' },
      { name: 'valid_until', sort: 'time', label: /* t */ 'field.valid-until', start: c.now + 8 * HOUR_MS },
    ],
    drafts: (values, c) => {
      const said = { light: values.light, reason: values.reason, valid_until: moment(values.valid_until, c.zone) };
      return [{ kind: 'override', fields: { case: c.code, ...said }, said: { ...said, person: c.me.name } }];
    },
  },
  {
    id: 'override-end', title: /* t */ 'console.action.override-end', roles: ['terminal'],
    when: (c) => (c.subject?.overrides ?? []).length > 0,
    fields: (c) => {
      const lights = c.subject.overrides.map((/** @type {any} */ one) => one.light);
      return [{ name: 'light', sort: 'choice', label: /* t */ 'console.field.light', choices: lights, family: 'light', start: lights[0] }, reason(false)];
    },
    drafts: (values, c) => {
      const said = { light: values.light, reason: values.reason, covers: [] };
      return [{ kind: 'override', fields: { case: c.code, ...said }, said: { ...said, person: c.me.name } }];
    },
  },
];

/** States of a release that can be changed. */
const STANDING = ['active', 'blocked'];

/** The release of a bill of this party's, or of the first. @param {any} c @param {string | undefined} bill */
function released(c, bill) {
  const own = bills(c, STANDING);
  return c.facts.releases.find((/** @type {any} */ one) => one.bill === (own.includes(bill ?? '') ? bill : own[0]));
}

/** Whether terms say the same. @param {any} one @param {any} other */
const isAlike = (one, other) => ['release_to', 'valid_from', 'valid_until', 'haulage', 'reference'].every((name) => one[name] === other[name])
  && one.empty_return?.depot === other.empty_return?.depot && one.empty_return?.reference === other.empty_return?.reference;

/** Lights that a terminal can pass over; customs' never. @param {any} c */
const reds = (c) => ['commercial', 'terminal'].filter((light) => c.subject?.lights[light] === 'red');

/**
 * What this person can do with a case that is open.
 * @param {any} subject @param {Me & { name: string }} me @param {any} more now, zone, terminals, drivers
 */
export function possible(subject, me, more) {
  if (!me.may.includes('sign') || subject.state !== 'open') return [];
  const c = context(subject, me, more);
  const can = ACTIONS.filter((action) => action.roles.some((role) => me.roles.includes(role)) && action.when(c));
  return can.sort((a, b) => ORDER.indexOf(a.tone ?? '') - ORDER.indexOf(b.tone ?? ''));
}

/** What moves a case on stands first, what stops it last. */
const ORDER = ['primary', '', 'danger'];

/** What the functions of an action are given. @param {any} subject @param {any} me @param {any} more */
export function context(subject, me, more) {
  return { ...more, subject, me, code: subject.code, facts: facts(subject), bills: [], isNew: false };
}

/** What this person can say of a container that has no case here yet. @param {Me} me */
export function opening(me) {
  if (!me.may.includes('sign')) return [];
  return ACTIONS.filter((action) => action.opens && action.roles.some((role) => me.roles.includes(role)));
}

/** What the functions of an action are given for a container that has no case here yet. @param {any} me @param {any} more */
export function contextOfNew(me, more) {
  return { ...more, subject: null, me, code: '', facts: { releases: [], holds: [], customs: [], arrival: null }, bills: [], isNew: true };
}

/** The same for one line of many. @param {any} line @param {any} me @param {any} more */
export function contextOfLine(line, me, more) {
  return { ...contextOfNew(me, more), code: line?.code ?? '', bills: line?.bills ?? [], isNew: false };
}

/** What this person can do with many cases at once. @param {Me} me */
export function bulk(me) {
  if (!me.may.includes('sign')) return [];
  return ACTIONS.filter((action) => action.isBulk && action.roles.some((role) => me.roles.includes(role)));
}
