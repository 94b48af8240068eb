/** This phone as one thing: its key, what it was told and checked, and the traffic with the haulier's node. */

import { sha256, toHex } from '../lib/bytes.js';
import { open, reopen, seal } from '../lib/cose.js';
import { DeviceKey, Directory } from '../lib/directory.js';
import { keyText, makeDeviceKey, signer } from '../lib/key.js';
import { present } from '../lib/presentation.js';
import { Refusal } from '../lib/refusal.js';
import { Parties, Rotations } from '../lib/rotations.js';
import { Api, LinkOver, Unreachable, WAIT_S } from './api.js';
import { PHOTOS_MAX, countersigned, jobs } from './state.js';
import { DOCUMENTS_MAX, ROTATIONS_KEPT_MAX } from './store.js';

/** Largest photograph, in bytes. */
export const PHOTO_MAX = 8 * 1024 * 1024;
/** Pauses between attempts to reach the node, in ms. */
const RETRY_MIN_MS = 1000;
const RETRY_MAX_MS = 30_000;
/** How often it is written down that the node answered, when it said nothing new, in ms. */
const KEEP_EVERY_MS = 60_000;
/** A clock further off than this is shown: a gate takes 30 s (PROTOCOL § 9). */
export const CLOCK_OFF_MS = 20_000;

/** Codes that a newer edition of the directory may cure, or a rotation. */
const CURABLE = ['unknown-party', 'key-unknown', 'key-not-in-force'];

export class Phone extends EventTarget {
  /** @type {import('../lib/key.js').Signer | null} */
  device = null;
  /** What the enrolment gave: haulier, zone, and the edition that was compared. @type {any} */
  enrolment = null;
  /** @type {Directory[]} */
  editions = [];
  /** @type {import('./state.js').Delivered[]} */
  delivered = [];
  /** @type {any[]} */
  outbox = [];
  /** @type {any[]} */
  photos = [];
  isOnline = false;
  /** When the node last answered, by this phone's clock. @type {number | null} */
  heardAt = null;
  /** Whether the node said that it does not take this phone's key: another phone took its place, or the haulier took it back. */
  isUnknown = false;
  /** By how much this phone's clock is behind, in ms; kept from the last answer. */
  clockOff = 0;
  #cursor = 0;
  /** When it was last written down that the node answered. */
  #keptAt = 0;
  /** Where the node is over QUIC, as it last said. @type {import('./link.js').Offer | null} */
  #offer = null;
  /** @type {Api | null} */
  #api = null;
  /** @type {AbortController | null} */
  #traffic = null;
  /** The traffic before, until it has ended: two would take each other's words. */
  #before = Promise.resolve();

  /** @param {import('./store.js').Store} store @param {URL} base of the interface */
  constructor(store, base) {
    super();
    this.store = store;
    this.base = base;
    addEventListener('offline', () => this.#api?.unlink());
    addEventListener('online', () => this.#api?.linkSoon());
  }

  /** Reads what is kept, and checks every signature again. */
  async load() {
    const pair = await this.store.setting('device');
    if (!pair) return;
    this.device = await signer(pair);
    this.enrolment = await this.store.setting('enrolment');
    if (!this.enrolment) return;
    this.heardAt = (await this.store.setting('heard')) ?? null;
    this.clockOff = (await this.store.setting('clock')) ?? 0;
    this.#cursor = (await this.store.setting('cursor')) ?? 0;
    this.#offer = (await this.store.setting('link')) ?? null;
    await this.#readEditions((await this.store.setting('bundles')) ?? []);
    this.outbox = await this.store.all('outbox');
    this.photos = await this.store.all('photos');
    await this.#readDocuments();
  }

  /** Milliseconds since 1970, as near as this phone knows: by the node's clock, when its own is off. */
  now() {
    return Date.now() + (Math.abs(this.clockOff) > CLOCK_OFF_MS ? this.clockOff : 0);
  }

  /** The edition in force (PROTOCOL § 5). @returns {Directory} */
  get directory() {
    const begun = this.editions.filter((d) => Date.parse(d.edition.valid_from) <= this.now());
    return begun.at(-1) ?? this.editions[0];
  }

  /** The device as jobs know it. */
  get self() {
    const device = /** @type {import('../lib/key.js').Signer} */ (this.device);
    return { key: keyText(device.publicKey), keyId: device.keyId };
  }

  /** How the node is reached now. @returns {'QUIC' | 'HTTPS' | null} */
  get way() {
    if (!this.isOnline) return null;
    return this.#api?.isLinked ? 'QUIC' : 'HTTPS';
  }

  get jobs() {
    return this.enrolment ? jobs(this.delivered, this.self) : [];
  }

  /** What the haulier calls this phone's driver, as far as it was told. @returns {string | null} */
  get driverName() {
    const { key } = this.self;
    const words = this.delivered.filter((d) => d.signed?.kind === 'driver-credential' && d.signed.document.key === key);
    return words.at(-1)?.signed?.document.name ?? this.enrolment?.name ?? null;
  }

  /** Whether the haulier has vouched for this phone's key, as far as it was told. */
  get isVouched() {
    const { key } = this.self;
    const words = this.delivered.filter((d) => d.signed?.kind === 'driver-credential' && d.signed.document.key === key);
    return words.at(-1)?.signed?.document.state === 'active' || this.jobs.length > 0;
  }

  /**
   * Takes an invitation: makes the key, shows it to the node, takes the directory that the invitation names.
   * @param {import('./invitation.js').Invitation} invitation
   */
  async enrol(invitation) {
    let pair = await this.store.setting('device');
    if (!pair) {
      pair = await makeDeviceKey();
      await this.store.set({ device: pair });
    }
    this.device = await signer(pair);
    const api = new Api(this.base, this.device);
    const bundle = await api.edition({ id: invitation.edition });
    if (!bundle) throw new Refusal('edition-unsigned', 'no edition');
    const founded = await Directory.found(bundle, invitation.edition, this.now());
    const { zone } = await api.enrol(invitation);
    const enrolment = { haulier: invitation.haulier, edition: invitation.edition, zone: checkedZone(zone), name: invitation.name };
    this.#offer = invitation.link ?? null;
    await this.store.set({ enrolment, bundles: [bundle], cursor: 0, link: this.#offer });
    Object.assign(this, { enrolment, editions: [founded] });
    await navigator.storage?.persist?.();
    this.#changed();
    this.start();
  }

  /** Deletes everything, the key too. */
  async forget() {
    this.stop();
    this.#api?.unlink();
    await this.store.forget();
  }

  /** The text of the pass to show now. @param {import('./state.js').Job} job */
  presentation(job) {
    const [pass, device] = [job.pass, this.device];
    if (!pass || !device) throw new Refusal('pass-not-due', '');
    return present(pass.bytes, this.now(), device);
  }

  /** Photographs of a job. @param {string} jobKey */
  photosOf(jobKey) {
    return this.photos.filter((photo) => photo.job === jobKey);
  }

  /** Keeps a photograph beside a job, by its SHA-256. @param {string} jobKey @param {Blob} blob */
  async addPhoto(jobKey, blob) {
    if (blob.size > PHOTO_MAX) throw new Refusal('too-large', `${blob.size} bytes`);
    if (this.photosOf(jobKey).length >= PHOTOS_MAX) throw new Refusal('too-many', '');
    const hash = toHex(await sha256(new Uint8Array(await blob.arrayBuffer())));
    if (this.photos.some((photo) => photo.hash === hash)) return;
    const photo = { hash, blob, job: jobKey, at: this.now(), isSent: false };
    await this.store.put('photos', photo);
    this.photos.push(photo);
    this.#changed();
    this.#nudge();
  }

  /** The driver's receipt that waits to be sent, or was, for a job. @param {import('./state.js').Job} job */
  sentReceipt(job) {
    return this.outbox.find((item) => item.buildsOn === job.terminalReceipt?.id) ?? null;
  }

  /**
   * Countersigns the terminal's receipt; it goes out as soon as there is a network.
   * @param {import('./state.js').Job} job
   */
  async countersign(job) {
    const [receipt, device] = [job.terminalReceipt, this.device];
    if (!receipt || !device || this.sentReceipt(job)) return;
    const document = countersigned(receipt, this.photosOf(job.key).map((photo) => photo.hash));
    const signed = await seal('interchange-receipt', document, `driver:${device.keyId}`, this.now(), device);
    const item = { id: signed.id, buildsOn: receipt.id, bytes: signed.bytes, at: this.now(), answer: null };
    await this.store.put('outbox', item);
    this.outbox.push(item);
    this.#changed();
    this.#nudge();
  }

  /** Begins the traffic with the node; goes on until `stop`. */
  start() {
    if (!this.enrolment || this.#traffic) return;
    const traffic = new AbortController();
    this.#traffic = traffic;
    this.#before = this.#before.then(() => this.#run(traffic));
  }

  stop() {
    this.#traffic?.abort();
    this.#traffic = null;
  }

  /** Something waits to be sent: an open question would hold it up. */
  #nudge() {
    this.stop();
    this.start();
  }

  /** @param {AbortController} traffic */
  async #run(traffic) {
    const device = /** @type {import('../lib/key.js').Signer} */ (this.device);
    const api = (this.#api ??= new Api(this.base, device, () => this.#changed()));
    let pause = RETRY_MIN_MS;
    // Until the node has answered nobody knows that it is there: then it is to answer at once.
    let wait = 0;
    while (!traffic.signal.aborted) {
      try {
        await api.link(this.#offer, this.#cursor);
        await this.#sendAll(api);
        await this.#collect(api, wait, traffic.signal);
        pause = RETRY_MIN_MS;
        wait = WAIT_S;
      } catch (error) {
        if (traffic.signal.aborted) return;
        wait = 0;
        if (error instanceof LinkOver) continue;
        if (!(error instanceof Unreachable || error instanceof Refusal)) console.error(error);
        // Who refuses has answered.
        this.#heard(error instanceof Refusal, error instanceof Refusal && error.code === 'key-unknown');
        await this.#sleep(pause * (0.5 + Math.random()), traffic.signal);
        pause = Math.min(RETRY_MAX_MS, 2 * pause);
      }
    }
  }

  /** Until the time is over, the network comes back, or the traffic ends. @param {number} ms @param {AbortSignal} signal */
  #sleep(ms, signal) {
    return new Promise((resolve) => {
      const timer = setTimeout(end, ms);
      function end() {
        clearTimeout(timer);
        removeEventListener('online', end);
        signal.removeEventListener('abort', end);
        resolve(undefined);
      }
      addEventListener('online', end);
      signal.addEventListener('abort', end);
    });
  }

  /** @param {Api} api */
  async #sendAll(api) {
    for (const photo of this.photos.filter((p) => !p.isSent)) {
      await api.photo(photo.hash, photo.blob);
      photo.isSent = true;
      await this.store.put('photos', photo);
    }
    for (const item of this.outbox.filter((i) => i.answer === null)) {
      item.answer = await api.send(item.bytes);
      await this.store.put('outbox', item);
      this.#changed();
    }
  }

  /** @param {Api} api @param {number} wait seconds @param {AbortSignal} signal */
  async #collect(api, wait, signal) {
    const asked = Date.now();
    const isClockOff = () => Math.abs(this.clockOff) > CLOCK_OFF_MS;
    const wasClockOff = isClockOff();
    const { next, now, edition, documents, link = null } = await api.documents(this.#cursor, wait, signal);
    const isQuick = documents.length > 0 || Date.now() - asked < 1000;
    // Half the way is the answer's, unless the node held it.
    if (isQuick) this.clockOff = Date.parse(now) - (asked + Date.now()) / 2;
    this.heardAt = Date.now();
    const wasHeard = this.isOnline && !this.isUnknown;
    const isOffered = JSON.stringify(link) !== JSON.stringify(this.#offer);
    const hasNewer = Number(edition) > this.editions.at(-1)?.edition.number && (await this.#fetchEditions(api));
    if (documents.length > 0) {
      await this.store.put('documents', ...documents);
      await this.#prune();
    }
    // The cursor moves after the documents are kept: what is asked for twice is kept once.
    this.#cursor = Number(next);
    this.#offer = link;
    // A node that says only that it is there is no reason to write, or to draw anew.
    const isNews = documents.length > 0 || hasNewer || isOffered || !wasHeard;
    if (isNews || this.heardAt - this.#keptAt > KEEP_EVERY_MS) {
      this.#keptAt = this.heardAt;
      await this.store.set({ cursor: this.#cursor, heard: this.heardAt, clock: this.clockOff, link });
    }
    // What an edition says of a key holds for what was read before, too.
    if (hasNewer) this.delivered = [];
    if (hasNewer || documents.length > 0) await this.#readDocuments();
    this.isOnline = true;
    this.isUnknown = false;
    if (isNews || wasClockOff || isClockOff()) this.#changed();
  }

  /** @param {Api} api @returns {Promise<boolean>} whether there was one */
  async #fetchEditions(api) {
    const before = this.editions.length;
    for (;;) {
      const newest = /** @type {Directory} */ (this.editions.at(-1));
      const bundle = await api.edition({ after: newest.edition.number });
      if (!bundle) break;
      const next = await newest.follow(bundle, this.now());
      await this.store.set({ bundles: [...this.editions.map((d) => d.bundle), bundle] });
      this.editions.push(next);
    }
    return this.editions.length > before;
  }

  /** @param {Uint8Array[]} bundles */
  async #readEditions(bundles) {
    this.editions = [];
    for (const bundle of bundles) {
      const newest = this.editions.at(-1);
      const now = this.now();
      this.editions.push(newest ? await newest.follow(bundle, now) : await Directory.found(bundle, this.enrolment.edition, now));
    }
  }

  /** The oldest documents go when there are too many. */
  async #prune() {
    const kept = await this.store.all('documents');
    // Older documents than any that is kept may rest on a rotation, so these are counted by themselves.
    const over = (/** @type {any[]} */ items, /** @type {number} */ most) => items.slice(0, Math.max(0, items.length - most));
    const gone = [...over(kept.filter((d) => !isRotation(d)), DOCUMENTS_MAX), ...over(kept.filter(isRotation), ROTATIONS_KEPT_MAX)];
    if (gone.length > 0) await this.store.remove('documents', ...gone.map((d) => d.number));
  }

  /** Opens what is kept, each at the time that the terminal gave for its registration; rotations first, in their order. */
  async #readDocuments() {
    const kept = await this.store.all('documents');
    const parties = new Parties(this.directory, new Rotations());
    /** @type {Map<number, import('./state.js').Delivered>} */
    const opened = new Map();
    for (const item of kept.filter(isRotation)) opened.set(item.number, await this.#told(item, () => takeRotation(parties, item)));
    const known = new Map(this.delivered.map((d) => [d.number, d]));
    for (const item of kept.filter((one) => !isRotation(one))) {
      const before = known.get(Number(item.number));
      const isGood = before && !(before.fault !== null && CURABLE.includes(before.fault));
      opened.set(item.number, isGood ? before : await this.#told(item, () => this.#openOne(parties, item)));
    }
    this.delivered = kept.map((item) => /** @type {import('./state.js').Delivered} */ (opened.get(item.number)));
  }

  /**
   * @param {any} item @param {() => Promise<import('../lib/cose.js').Signed>} opens
   * @returns {Promise<import('./state.js').Delivered>}
   */
  async #told({ number, at, code = null }, opens) {
    const told = { number: Number(number), at: Date.parse(at), code };
    try {
      return { ...told, signed: await opens(), fault: null };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { ...told, signed: null, fault: error.code };
    }
  }

  /** Parties by directory and rotations, and this phone's own key. @param {Parties} parties @param {any} item */
  async #openOne(parties, { at, envelope }) {
    const device = /** @type {import('../lib/key.js').Signer} */ (this.device);
    const own = new DeviceKey(device.publicKey, device.keyId);
    const terminal = await terminalOf(envelope);
    const ring = terminal === null ? parties : parties.registeredBy(terminal);
    const signer = (/** @type {string} */ issuer, /** @type {string} */ kid, /** @type {number} */ now) =>
      issuer === `driver:${device.keyId}` ? own.signer(issuer, kid) : ring.signer(issuer, kid, now);
    return open(envelope, { signer }, Date.parse(at));
  }

  /** What the last attempt to reach the node came to. @param {boolean} isOnline @param {boolean} isUnknown */
  #heard(isOnline, isUnknown) {
    if (isOnline) this.heardAt = Date.now();
    // A silent node has not taken back that it refuses this phone.
    const refused = isOnline ? isUnknown : this.isUnknown;
    if (this.isOnline === isOnline && this.isUnknown === refused) return;
    Object.assign(this, { isOnline, isUnknown: refused });
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}

/** Only a rotation comes with the terminal that registered it. @param {any} item */
const isRotation = (item) => item.terminal !== undefined;

/** The terminal in whose log a document stands, as it says itself; null when it says none. @param {Uint8Array} envelope */
async function terminalOf(envelope) {
  try {
    return (await reopen(envelope)).document.visit?.terminal ?? null;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return null;
  }
}

/**
 * Takes a rotation as a terminal registered it. Whether it counts is looked at with each document that rests on it; only
 * a second one of the same key is refused here.
 * @param {Parties} parties @param {any} item
 */
async function takeRotation(parties, { at, envelope, terminal, log }) {
  const place = { log: Number(log), at: Date.parse(at) };
  const signed = await open(envelope, parties.registeredBy(terminal), place.at);
  if (signed.kind !== 'key-rotation') throw new Refusal('not-deliverable', signed.kind);
  try {
    await parties.mayRotate(terminal, signed, place.at);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code === 'key-rotated') throw error;
  }
  await parties.rotations.apply(signed, terminal, place);
  return signed;
}

/** A zone that this browser does not know would break every time on the screen. @param {unknown} zone */
function checkedZone(zone) {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: String(zone) }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}
