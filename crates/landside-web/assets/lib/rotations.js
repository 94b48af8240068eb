/**
 * Keys that parties vouch for themselves, between two editions (PROTOCOL § 5, Rotation). Each terminal's log is its own:
 * what it registered counts for the documents that it registers, and for its own keys. Nothing is remembered as in force:
 * who may speak is worked out anew at every look-up, from the edition at hand and the rotations beside it.
 */

import { keyBytes, keyId } from './key.js';
import { Refusal } from './refusal.js';

/** Most rotations of a party that count beside one edition. */
export const ROTATIONS_MAX = 8;

/**
 * A rotation and where a terminal registered it: index in its log, time in ms since 1970. `newId` is the key id of the
 * signing key that it brings.
 * @typedef {{ id: string, said: any, log: number, at: number, newId: string | null }} Rotation
 *
 * A party's key: in force from one moment to another, both with it. `spent` is the rotation by which it vouched for a
 * signing key; `term` is the edition's end of the key at the root of the chain, which no rotation outlives.
 * @typedef {{ id: string, key: string, from: number, until: number, spent: string | null, term: number }} Counting
 */

/** Every rotation that is known here, by the terminal that registered it. */
export class Rotations {
  /** @type {Map<string, Map<string, Rotation[]>>} */
  #byTerminal = new Map();

  /**
   * Adds a rotation that a terminal registered; one known already changes nothing.
   * @param {import('./cose.js').Signed} signed @param {string} terminal @param {{ log: number, at: number }} place
   */
  async apply({ id, document: said }, terminal, { log, at }) {
    const newId = said.signing_key === undefined ? null : await keyId(keyBytes(said.signing_key));
    const parties = this.#byTerminal.get(terminal) ?? new Map();
    this.#byTerminal.set(terminal, parties);
    const of = parties.get(said.party) ?? [];
    parties.set(said.party, of);
    if (of.some((/** @type {Rotation} */ known) => known.id === id)) return;
    of.push({ id, said, log, at, newId });
    of.sort((/** @type {Rotation} */ a, /** @type {Rotation} */ b) => a.log - b.log);
  }

  /** The rotations of a party that a terminal registered, in the order of its log. @param {string} terminal @param {string} party */
  of(terminal, party) {
    return this.#byTerminal.get(terminal)?.get(party) ?? [];
  }

  /**
   * Those of a party whose word counts: of its own log for a terminal's keys, of the registrar's for what that registers,
   * and otherwise of each terminal's, one after the other.
   * @param {string} party @param {string[]} roles @param {string | null} registrar
   */
  heard(party, roles, registrar) {
    const one = roles.includes('terminal') ? party : registrar;
    if (one !== null) return [this.of(one, party)];
    return [...this.#byTerminal.values()].flatMap((parties) => (parties.has(party) ? [parties.get(party) ?? []] : []));
  }

  /** Of all parties, what a terminal registered. @param {string} terminal @returns {[string, Rotation[]][]} */
  registered(terminal) {
    return [...(this.#byTerminal.get(terminal) ?? [])];
  }
}

/** A party's keys as an edition and rotations together have them at a moment. */
class Keys {
  #count = 0;

  /** @param {any} entry the edition's, of `Directory.party` */
  constructor(entry) {
    this.entry = entry;
    /** @type {Counting[]} */
    this.signing = [...entry.keys].map(([id, { key, from, until }]) => {
      const term = until === undefined ? Infinity : Date.parse(until);
      return { id, key, from: Date.parse(from), until: term, spent: null, term };
    });
    /** @type {string[]} */
    this.node = [...entry.nodeKeys];
  }

  /** @param {any} entry @param {Rotation[]} rotations @param {number} now */
  static at(entry, rotations, now) {
    const keys = new Keys(entry);
    // A key was ended by the edition: from then on only what was registered later adds to it.
    const from = entry.rotationsFrom === undefined ? -Infinity : Date.parse(entry.rotationsFrom);
    const settled = from <= now ? from : -Infinity;
    for (const rotation of rotations) {
      if (rotation.at > now || rotation.at < settled) continue;
      try {
        keys.add(rotation);
      } catch (error) {
        // One that adds nothing stays without effect; the next may not rest on it.
        if (!(error instanceof Refusal)) throw error;
      }
    }
    return keys;
  }

  /**
   * Adds one rotation, if the key that vouches for it was in force when it was registered.
   * @param {Rotation} rotation
   * @throws {Refusal} `key-unknown`, `key-not-in-force`, `key-rotated`, `key-taken`, `rotations-full`
   */
  add({ id, said, at, newId }) {
    const old = this.signing.find((known) => known.id === said.old);
    if (!old) throw new Refusal('key-unknown', said.old);
    if (!covers(old, at)) throw new Refusal('key-not-in-force', said.old);
    if (old.spent !== null) throw new Refusal('key-rotated', `${said.old} vouched in ${old.spent}`);
    const isNew = (/** @type {string | undefined} */ key) =>
      key !== undefined && !this.node.includes(key) && !this.signing.some((known) => known.key === key);
    const [signing, node] = [isNew(said.signing_key), isNew(said.node_key)];
    if (newId !== null && this.entry.keys.has(newId)) old.spent = id;
    if (!signing && !node) throw new Refusal('key-taken', 'vouches for what is listed already');
    if (this.#count === ROTATIONS_MAX) throw new Refusal('rotations-full', `more than ${ROTATIONS_MAX}`);
    this.#count += 1;
    if (node) this.node.push(said.node_key);
    if (!signing || newId === null) return;
    // Nothing that the old key signed before the registration is taken back by it.
    old.until = Math.min(old.until, Math.max(Date.parse(said.ends) - 1, at));
    old.spent = id;
    this.signing.push({ id: newId, key: said.signing_key, from: at, until: old.term, spent: null, term: old.term });
  }
}

/** @param {Counting} key @param {number} at */
const covers = ({ from, until }, at) => from <= at && at <= until;

/** The parties of a directory, with the keys that they vouch for since. */
export class Parties {
  /** @param {import('./directory.js').Directory} directory @param {Rotations} rotations */
  constructor(directory, rotations) {
    this.directory = directory;
    this.rotations = rotations;
  }

  /**
   * A party's key, in force now.
   * @param {string} party @param {string} kid @param {number} now @param {string | null} registrar whose log is gone by
   * @returns {{ key: Uint8Array, roles: string[] }}
   * @throws {Refusal} `unknown-party`, `key-unknown`, `key-not-in-force`
   */
  key(party, kid, now, registrar) {
    const told = `${party}, key ${kid}`;
    const entry = this.directory.party(party);
    if (party.startsWith('driver:')) throw new Refusal('key-unknown', party);
    if (!entry) throw new Refusal('unknown-party', party);
    const heard = this.rotations.heard(party, entry.roles, registrar);
    let code = 'key-unknown';
    for (const rotations of heard.length > 0 ? heard : [[]]) {
      const known = Keys.at(entry, rotations, now).signing.find((one) => one.id === kid);
      if (known && covers(known, now)) return { key: keyBytes(known.key), roles: entry.roles };
      if (known) code = 'key-not-in-force';
    }
    throw new Refusal(code, told);
  }

  /** @param {string} issuer @param {string} kid @param {number} now */
  signer(issuer, kid, now) {
    return this.key(issuer, kid, now, null);
  }

  /** Who may speak in what a terminal registered. @param {string} terminal @returns {import('./cose.js').Keyring} */
  registeredBy(terminal) {
    return { signer: (issuer, kid, now) => this.key(issuer, kid, now, terminal) };
  }

  /**
   * Whether a terminal registers a rotation now. Its envelope is verified.
   * @param {string} terminal @param {import('./cose.js').Signed} signed @param {number} now
   * @throws {Refusal} `key-taken` when a new key is another's, or known already; `key-rotated` when the old one has vouched
   *   before; `rotations-full`; those of `key` for the old one
   */
  async mayRotate(terminal, { id, document: said }, now) {
    const entry = this.directory.party(said.party);
    if (!entry) throw new Refusal('unknown-party', said.party);
    for (const key of [said.signing_key, said.node_key]) {
      if (key !== undefined && this.#isOfAnother(terminal, key, said.party)) throw new Refusal('key-taken', key);
    }
    const newId = said.signing_key === undefined ? null : await keyId(keyBytes(said.signing_key));
    Keys.at(entry, this.rotations.of(terminal, said.party), now).add({ id, said, log: Infinity, at: now, newId });
  }

  /** Of another party or an authority by the edition, of another party by a rotation. @param {string} terminal @param {string} key @param {string} party */
  #isOfAnother(terminal, key, party) {
    const { authorities, parties } = this.directory.edition;
    const isListed = (/** @type {any} */ other) => other.id !== party
      && (other.node_keys.includes(key) || other.signing_keys.some((/** @type {any} */ listed) => listed.key === key));
    return authorities.includes(key) || parties.some(isListed)
      || this.rotations.registered(terminal).some(([other, of]) => other !== party
        && of.some(({ said }) => said.signing_key === key || said.node_key === key));
  }
}
