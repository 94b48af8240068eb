/**
 * Payloads of the clock ledger: free time, what a day costs after it, and what suspends and stops the count
 * (PROTOCOL § 4, *clock-terms, clock-event*). How days are counted is the node's; screens show what it says.
 */

import { Refusal } from './refusal.js';
import * as t from './schema.js';

const FREE_DAYS_MAX = 366;
const HOLIDAYS_MAX = 128;
const TIERS_MAX = 16;
const OFFSET_CHANGES_MAX = 32;
const RATE_MAX = 1_000_000_000_000n;
const DAY_MINUTES = 1_440;
/** Days from 1970-01-01 to the last one of the year 9999. */
const DATE_MAX = 2_932_896n;
const DAY_MS = 86_400_000;

const CHARGES = ['storage', 'demurrage', 'detention'];
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
const ROLES = ['terminal', 'customs', 'line', 'shipper', 'forwarder', 'haulier', 'authority', 'driver'];

/** @param {boolean} isWrong @param {string} detail */
function refuseIf(isWrong, detail) {
  if (isWrong) throw new Refusal('bad-field', detail);
}

/** @param {any[]} items @param {(item: any) => number} order */
const rises = (items, order) => items.every((item, i) => i === 0 || order(items[i - 1]) < order(item));

/** @type {t.Type<string>} */
const date = {
  read(reader) {
    const days = BigInt(reader.uint());
    refuseIf(days > DATE_MAX, 'a date after the year 9999');
    return new Date(Number(days) * DAY_MS).toISOString().slice(0, 10);
  },
  write: (writer, value) => void writer.int(Math.floor(Date.parse(`${value}T00:00:00Z`) / DAY_MS)),
};

/** @type {t.Type<string>} */
const currency = t.text((value) => (/^[A-Z]{3}$/.test(value) ? null : 'not three capital letters'));

/** A number of 16 bits with its sign. @type {t.Type<number>} */
const minutes = {
  read(reader) {
    const value = Number(reader.int());
    if (value < -32_768 || value > 32_767) throw new Refusal('malformed', `${value} has more than 16 bits`);
    return value;
  },
  write: (writer, value) => void writer.int(value),
};

const visit = t.tuple([['terminal', t.party], ['container', t.container]]);
const charge = t.word(...CHARGES);
const days = t.word('calendar', 'working');

export const terms = t.map([
  [0, 'visit', visit], [1, 'charge', charge], [2, 'bill?', t.bill], [3, 'builds_on?', t.docId],
  [4, 'starts_on', t.word('discharged', 'available', 'gate-out')], [5, 'first_day', t.word('same-day', 'day-after')],
  [6, 'free_days', t.uint16], [7, 'free_count', days], [8, 'charged_count', days],
  [9, 'weekdays[]?', t.list(t.word(...WEEKDAYS))], [10, 'holidays[]?', t.list(date)],
  [11, 'suspended_by', t.list(t.word(...ROLES))], [12, 'suspended_from_minutes', t.uint16],
  [13, 'tiers[]?', t.list(t.tuple([['from_day', t.uint16], ['rate', t.uint]]))], [14, 'currency?', currency],
  [15, 'utc_offset', minutes], [16, 'offset_changes[]?', t.list(t.tuple([['from', t.time], ['minutes', minutes]]))],
]);

export const event = t.map([
  [0, 'visit', visit], [1, 'event', t.word('suspended', 'empty-returned', 'waived')], [2, 'builds_on?', t.docId],
  [3, 'charges[]?', t.list(charge)], [4, 'window?', t.tuple([['from', t.time], ['until', t.time]])], [5, 'at?', t.time],
  [6, 'days?', t.uint16], [7, 'reason?', t.remark],
]);

/** @param {any} d */
export function checkTerms(d) {
  refuseIf((d.bill !== undefined) === (d.charge === 'storage'), 'a bill goes with demurrage and detention, and must');
  refuseIf(d.starts_on === 'gate-out' && d.charge !== 'detention', 'only detention starts at the gate-out');
  refuseIf(d.free_days > FREE_DAYS_MAX, `more than ${FREE_DAYS_MAX} free days`);
  checkDays(d, d.weekdays ?? [], d.holidays ?? []);
  refuseIf(!rises(d.suspended_by, (role) => ROLES.indexOf(role)) || !d.suspended_by.every((/** @type {string} */ role) => ['terminal', 'line'].includes(role)),
    'suspended_by is of terminal and line, in order, each once');
  refuseIf(!d.suspended_by.includes(d.charge === 'storage' ? 'terminal' : 'line'), 'who charges can always suspend its own clock');
  refuseIf(d.suspended_from_minutes < 1 || d.suspended_from_minutes > DAY_MINUTES, `suspended_from_minutes is 1 to ${DAY_MINUTES}`);
  checkTiers(d, d.tiers ?? []);
  checkOffsets(d.utc_offset, d.offset_changes ?? []);
}

/** @param {any} d @param {string[]} weekdays @param {string[]} holidays */
function checkDays(d, weekdays, holidays) {
  const works = [d.free_count, d.charged_count].includes('working');
  refuseIf((weekdays.length === 0) === works, 'weekdays go with working days, and must');
  refuseIf(holidays.length > 0 && !works, 'holidays go only with working days');
  refuseIf(holidays.length > HOLIDAYS_MAX, `more than ${HOLIDAYS_MAX} holidays`);
  refuseIf(!rises(weekdays, (day) => WEEKDAYS.indexOf(day)) || !rises(holidays, Date.parse), 'weekdays and holidays are in order, each once');
}

/** @param {any} d @param {{ from_day: number, rate: number | bigint }[]} tiers */
function checkTiers(d, tiers) {
  refuseIf((d.currency !== undefined) === (tiers.length === 0), 'a currency goes with tiers, and must');
  refuseIf(tiers.length > TIERS_MAX, `more than ${TIERS_MAX} tiers`);
  refuseIf((tiers.length > 0 && tiers[0].from_day !== 1) || !rises(tiers, (tier) => tier.from_day), 'tiers begin with day 1 and are in order');
  refuseIf(tiers.some((tier) => BigInt(tier.rate) > RATE_MAX), `a rate is more than ${RATE_MAX}`);
}

/** @param {number} first @param {{ from: string, minutes: number }[]} changes */
function checkOffsets(first, changes) {
  const offsets = [first, ...changes.map((change) => change.minutes)];
  refuseIf(changes.length > OFFSET_CHANGES_MAX, `more than ${OFFSET_CHANGES_MAX} changes of the offset`);
  refuseIf(offsets.some((offset) => offset < -720 || offset > 840), 'an offset from utc is -720 to 840 minutes');
  const changesNothing = offsets.some((offset, i) => i > 0 && offset === offsets[i - 1]);
  refuseIf(!rises(changes, (change) => Date.parse(change.from)) || changesNothing, 'changes of the offset are in order, and each changes it');
}

/** @param {any} d */
export function checkEvent(d) {
  const is = (/** @type {string} */ event) => d.event === event;
  const charges = d.charges ?? [];
  refuseIf((d.window !== undefined) !== is('suspended') || (charges.length > 0) !== is('suspended'), 'charges and a window go with suspended, and must');
  refuseIf(!rises(charges, (one) => CHARGES.indexOf(one)), 'charges are in order, each once');
  refuseIf((d.at !== undefined) !== is('empty-returned'), 'at goes with empty-returned, and must');
  refuseIf((d.days !== undefined) !== is('waived'), 'days go with waived, and must');
  refuseIf(d.days !== undefined && (d.days < 1 || d.days > FREE_DAYS_MAX), `days waived are 1 to ${FREE_DAYS_MAX}`);
  refuseIf(d.builds_on === undefined && !is('suspended'), 'builds_on names the gate-out, or the terms of what is waived');
  refuseIf(d.reason === undefined && !is('empty-returned'), 'a reason is missing');
  refuseIf(d.window !== undefined && Date.parse(d.window.from) >= Date.parse(d.window.until), 'a window begins before it ends');
}
