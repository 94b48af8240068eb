/** The driver's jobs, as a pure fold over the documents that a device gets (PROTOCOL § 8, who gets what). */

import { readProgress } from './progress.js';

/**
 * One delivered document: its number in the feed, the time of registration, the case code, and what `open` gave. A
 * document that did not open has a `fault` instead and changes nothing but that.
 * @typedef {{ number: number, at: number, code: string | null, signed: import('../lib/cose.js').Signed | null,
 *   fault: string | null }} Delivered
 */

/**
 * @typedef {{
 *   key: string, code: string | null, terminal: string, container: string,
 *   plate: string | null, slot: any, pass: import('../lib/cose.js').Signed | null,
 *   progress: import('./progress.js').Progress | null, progressAt: number | null, haulier: string | null,
 *   binding: string | null,
 *   decision: any, decisionId: string | null, terminalReceipt: import('../lib/cose.js').Signed | null,
 *   driverReceipt: import('../lib/cose.js').Signed | null, leftAt: number | null,
 *   isMine: boolean, isBlocked: boolean,
 *   timeline: { at: number, what: string, issuer: string, document: any }[],
 * }} Job
 */

/** Photographs of one job that a phone keeps. */
export const PHOTOS_MAX = 12;

/**
 * All jobs, the newest word first.
 * @param {Delivered[]} delivered by number
 * @param {{ key: string, keyId: string }} device its key as text, and key id
 * @returns {Job[]}
 */
export function jobs(delivered, device) {
  /** @type {Map<string, Job & { lastAt: number }>} */
  const byKey = new Map();
  for (const { at, code, signed } of delivered) {
    const visit = signed?.document.visit;
    if (!signed || !visit) continue;
    const key = code ?? `${visit.terminal}.${visit.container}`;
    const job = byKey.get(key) ?? begin(key, code, visit);
    byKey.set(key, job);
    job.lastAt = at;
    apply(job, signed, at, device);
  }
  return [...byKey.values()].filter((job) => job.timeline.length > 0).sort((a, b) => b.lastAt - a.lastAt);
}

/** @param {string} key @param {string | null} code @param {any} visit */
function begin(key, code, { terminal, container }) {
  return {
    key, code, terminal, container, lastAt: 0,
    plate: null, haulier: null, binding: null, slot: null, pass: null, progress: null, progressAt: null,
    decision: null, decisionId: null, terminalReceipt: null, driverReceipt: null, leftAt: null,
    isMine: false, isBlocked: false, timeline: [],
  };
}

/** Ends the pass, and what rests on it. @param {Job} job */
function endPass(job) {
  job.pass = null;
  job.decision = job.decision?.verdict === 'admit' ? null : job.decision;
  job.terminalReceipt = null;
  job.driverReceipt = null;
}

/** The job goes to somebody else, or to nobody. @param {Job} job */
function endJob(job) {
  endPass(job);
  job.isMine = false;
  job.slot = null;
}

/**
 * What each kind does to a job.
 * @type {Record<string, (job: Job, signed: import('../lib/cose.js').Signed, at: number, device: any) => void>}
 */
const EFFECTS = {
  'driver-binding': (job, { id, document, issuer }, _, device) => {
    endPass(job);
    job.binding = id;
    job.haulier = issuer;
    job.isMine = document.driver === device.key;
    job.plate = document.plate;
  },
  slot: (job, { document }) => {
    endPass(job);
    job.slot = document;
  },
  'pickup-pass': (job, signed, _, device) => {
    if (signed.document.confirmation !== device.key) return;
    job.pass = signed;
    // The gate refused what was shown before this one.
    if (job.decision?.verdict === 'refuse') job.decision = null;
  },
  'pass-right': endJob,
  'return-right': endJob,
  'revoke-right': endJob,
  'release-change': (job, { document }) => {
    if (document.action === 'revoke' || document.action === 'cancel') endJob(job);
    if (document.action === 'replace') endPass(job);
    if (document.action === 'block' || document.action === 'unblock') job.isBlocked = document.action === 'block';
  },
  'gate-decision': (job, { id, document }) => {
    job.decision = document;
    job.decisionId = id;
  },
  'interchange-receipt': (job, signed, _, device) => {
    if (signed.issuer === `driver:${device.keyId}`) job.driverReceipt = signed;
    else if (!signed.issuer.startsWith('driver:')) job.terminalReceipt = signed;
  },
  'gate-out': (job, { document }) => {
    job.leftAt = Date.parse(document.left_at);
  },
  progress: (job, { document }, at) => {
    job.progress = readProgress(document);
    job.progressAt = at;
    // In a part, binding and pass are those that progress names (PROTOCOL § 8).
    if (job.isMine && job.progress.binding !== job.binding) endJob(job);
    else if (job.pass && job.pass.id !== job.progress.pass) endPass(job);
  },
};

/** @param {Job} job @param {import('../lib/cose.js').Signed} signed @param {number} at @param {any} device */
function apply(job, signed, at, device) {
  // After the gate-out nothing changes anything.
  if (!Object.hasOwn(EFFECTS, signed.kind) || job.leftAt !== null) return;
  EFFECTS[signed.kind](job, signed, at, device);
  if (signed.kind !== 'progress') {
    job.timeline.push({ at, what: signed.kind, issuer: signed.issuer, document: signed.document });
  }
}

/**
 * Where a job stands.
 * @param {Job} job
 * @param {number} now
 * @returns {'left' | 'ended' | 'signed' | 'sign' | 'admitted' | 'refused' | 'ready' | 'early' | 'waiting'}
 */
export function phase(job, now) {
  if (job.leftAt !== null) return 'left';
  if (!job.isMine) return 'ended';
  if (job.driverReceipt) return 'signed';
  if (job.terminalReceipt) return 'sign';
  if (job.decision?.verdict === 'admit') return 'admitted';
  if (job.decision?.verdict === 'refuse') return 'refused';
  if (!isPassAlive(job, now)) return 'waiting';
  return job.pass && job.pass.document.not_before * 1000 > now ? 'early' : 'ready';
}

/** Whether there is a pass that has not expired. @param {Job} job @param {number} now */
export function isPassAlive(job, now) {
  return job.pass !== null && now < job.pass.document.expires * 1000;
}

/** Jobs still to be done, and those that are over. @param {Job[]} all @param {number} now */
export function split(all, now) {
  const isOver = (/** @type {Job} */ job) => ['left', 'ended'].includes(phase(job, now));
  return { open: all.filter((job) => !isOver(job)), over: all.filter(isOver) };
}

/**
 * Where the slot stands: before, in it, after, or none.
 * @param {Job} job @param {number} now
 * @returns {{ state: 'none' } | { state: 'starts' | 'open' | 'over', span: number, window: any, isMoved: boolean }}
 */
export function slot(job, now) {
  const window = job.slot?.window;
  if (!window) return { state: 'none' };
  const [from, until] = [Date.parse(window.from), Date.parse(window.until)];
  const isMoved = job.slot.answer === 'moved';
  if (now < from) return { state: 'starts', span: from - now, window, isMoved };
  if (now <= until) return { state: 'open', span: until - now, window, isMoved };
  return { state: 'over', span: now - until, window, isMoved };
}

/**
 * What the driver's own receipt says: all of the terminal's, and the driver's photographs with it.
 * @param {import('../lib/cose.js').Signed} terminal the terminal's receipt
 * @param {string[]} photos SHA-256, hex
 */
export function countersigned(terminal, photos) {
  const { document } = terminal;
  const added = photos.filter((hash) => !document.photos.includes(hash));
  return { ...document, builds_on: terminal.id, photos: [...document.photos, ...added] };
}
