/** What the pages know, as pure functions: the order of the worklist, and what a case's documents add up to. */

/** A slot that begins this soon makes a case urgent. */
export const SOON_MS = 2 * 3600_000;

/**
 * @typedef {{ code: string, container: string, terminal: string, bills: string[], lights: Record<string, string>,
 *   needs: { code: string, detail: string, owed_by: string }[], waits_for_me: boolean, pass: boolean, admitted: boolean,
 *   opened_at: string, changed_at: string, plate?: string, driver?: string, slot?: { from: string, until: string }, questions_for_me?: number }} Line
 * @typedef {{ code: string, container: string, left_at: string, plate?: string, driver?: string }} Past a closed case
 * @typedef {{ cases: Line[], next: string | null, open: number, mine: number, complete: boolean, overdue?: Record<string, number>, closed?: Past[], closed_more?: boolean }} Page
 * @typedef {{ lines: Line[], next: string | null, open: number, mine: number, complete: boolean, overdue: Record<string, number>, closed: Past[], hasMoreClosed: boolean }} List
 */

/** @type {List} */
export const EMPTY = { lines: [], next: null, open: 0, mine: 0, complete: false, overdue: {}, closed: [], hasMoreClosed: false };

/** The node's own order: what waits for this party first, the oldest of it. @param {Line} a @param {Line} b */
function byPlace(a, b) {
  if (a.waits_for_me !== b.waits_for_me) return a.waits_for_me ? -1 : 1;
  if (a.opened_at !== b.opened_at) return a.opened_at < b.opened_at ? -1 : 1;
  return a.code < b.code ? -1 : Number(a.code > b.code);
}

/** A list from its first page. @param {Page} page @returns {List} */
export function begun(page) {
  return { lines: page.cases, next: page.next, open: page.open, mine: page.mine, complete: page.complete, overdue: page.overdue ?? {}, closed: page.closed ?? [], hasMoreClosed: page.closed_more ?? false };
}

/** The list with a further page behind it; a line that moved meanwhile stands once. @param {List} list @param {Page} page @returns {List} */
export function longer(list, page) {
  const come = new Set(page.cases.map((line) => line.code));
  const { closed, hasMoreClosed } = list;
  return { ...begun(page), closed, hasMoreClosed, lines: [...list.lines.filter((line) => !come.has(line.code)), ...page.cases] };
}

/**
 * The list with one case as it is now: moved, changed, new, or gone.
 * @param {List} list @param {string} code @param {Line | null} line null when it is open no more, or not of this list
 * @returns {List}
 */
export function changed(list, code, line) {
  const lines = list.lines.filter((one) => one.code !== code);
  const last = list.lines.at(-1);
  // What belongs behind the last line that is loaded comes with its page.
  const belongs = line && (list.next === null || (last && byPlace(line, last) <= 0));
  if (belongs) {
    const at = lines.findIndex((one) => byPlace(line, one) < 0);
    lines.splice(at < 0 ? lines.length : at, 0, line);
  }
  return { ...list, lines };
}

/** Whether a truck is about to come for what is still kept here. @param {Line} line @param {number} now */
export function isUrgent(line, now) {
  if (!line.slot || line.admitted || line.needs.length === 0) return false;
  return Date.parse(line.slot.from) - now < SOON_MS;
}

/**
 * The lines as they are shown: of what waits for this party the urgent first, by their slots.
 * @param {List} list @param {number} now
 */
export function shown(list, now) {
  const urgent = list.lines.filter((line) => line.waits_for_me && isUrgent(line, now));
  if (urgent.length === 0) return list.lines;
  urgent.sort((a, b) => Date.parse(a.slot?.from ?? '') - Date.parse(b.slot?.from ?? ''));
  const first = new Set(urgent);
  return [...urgent, ...list.lines.filter((line) => !first.has(line))];
}

/**
 * Which rows of a long list are drawn.
 * @param {{ top: number, height: number }} view what is seen of the list, in pixels from its first row
 * @param {number} row height of a row @param {number} count @param {number} margin rows drawn above and below
 */
export function drawn({ top, height }, row, count, margin) {
  const from = Math.max(0, Math.min(count, Math.floor(top / row) - margin));
  const until = Math.max(from, Math.min(count, Math.ceil((top + height) / row) + margin));
  return { from, until };
}

/** Who signed a step for its issuer, where somebody did. @param {any} step */
const by = ({ agent }) => (agent ? { agent } : {});

/**
 * What stands in a case, from the payloads of its timeline.
 * @param {any} subject a case with documents
 */
export function facts(subject) {
  /** @type {Map<string, any>} */
  const releases = new Map();
  /** @type {Map<string, any>} */
  const holds = new Map();
  /** @type {Map<string, any>} */
  const customs = new Map();
  let arrival = null;
  for (const step of subject.timeline) {
    const said = step.payload;
    if (!said) continue;
    if (step.kind === 'release-order') releases.set(said.bill, { bill: said.bill, state: 'active', line: step.issuer, ...by(step), terms: said.terms, head: step.id });
    if (step.kind === 'release-change' && releases.has(said.bill)) {
      const release = releases.get(said.bill);
      const { agent: _before, ...before } = release;
      releases.set(said.bill, { ...before, ...by(step), state: STATES[said.action] ?? release.state, terms: said.terms ?? release.terms, head: step.id });
    }
    if (step.kind === 'customs-status') customs.set(said.consignment, { consignment: said.consignment, status: said.status, office: step.issuer });
    if (step.kind === 'hold') holds.set(step.id, { id: step.id, type: said.hold_type, reason: said.reason, placer: step.issuer });
    if (step.kind === 'hold-lift') holds.delete(said.builds_on);
    if (step.kind === 'arrival') arrival = said;
  }
  return { releases: [...releases.values()], holds: [...holds.values()], customs: [...customs.values()], arrival };
}

/** What a change makes of a release; with other terms it stays as it was. @type {Record<string, string>} */
const STATES = { block: 'blocked', unblock: 'active', revoke: 'ended', cancel: 'cancelled' };

/** @param {{ state: string }} release */
export const stands = (release) => release.state === 'active' || release.state === 'blocked';

/** A text as the node searches: letters and digits, in capitals. @param {string} text */
export function plain(text) {
  return text.replace(/[^\p{L}\p{N}]/gu, '').toUpperCase();
}

/**
 * The case that a scanned or typed text names in full, or the only one found: an open one before a closed one.
 * @param {List} list @param {string} text @returns {{ code: string } | null}
 */
export function named({ lines, closed }, text) {
  const sought = plain(text);
  for (const found of [lines, closed]) {
    const exact = found.filter((/** @type {{ code: string, container: string }} */ line) => [line.code, line.container].some((one) => plain(one) === sought));
    if (exact.length === 1) return exact[0];
  }
  const all = [...lines, ...closed];
  return lines.length === 1 ? lines[0] : all.length === 1 ? all[0] : null;
}

/**
 * A moment as a field for day and hour has it, in a zone: `2026-11-24T08:30`.
 * @param {number} at @param {string} zone
 */
export function local(at, zone) {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit',
  }).formatToParts(at);
  const of = (/** @type {string} */ type) => parts.find((part) => part.type === type)?.value;
  return `${of('year')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}`;
}

/**
 * The moment that such a field names, RFC 3339; '' when it names none. An hour that a change of the clocks
 * skips is the one after it.
 * @param {string} text @param {string} zone
 */
export function moment(text, zone) {
  const wall = Date.parse(`${text}Z`);
  if (!Number.isFinite(wall)) return '';
  let at = wall;
  for (let i = 0; i < 2; i++) at += wall - Date.parse(`${local(at, zone)}Z`);
  return new Date(at).toISOString();
}
