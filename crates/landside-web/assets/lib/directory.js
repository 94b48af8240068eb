/** Who is who: signed editions of the list of parties, and the drivers that hauliers vouch for (PROTOCOL § 5). */

import { sameBytes, sha256, toHex } from './bytes.js';
import { Reader, Writer } from './cbor.js';
import { open, peek } from './cose.js';
import { keyBytes, keyId } from './key.js';
import { readPayload } from './kinds.js';
import { Refusal } from './refusal.js';

/** Largest bundle, in bytes, and most envelopes in one. */
export const BUNDLE_MAX = 4 * 1024 * 1024;
export const ENVELOPES_MAX = 64;

/** An edition whose signatures were checked. Made by `found` and `follow` only. */
export class Directory {
  /** @type {Map<string, { name: string, roles: string[], keys: Map<string, any>, nodeKeys: string[], rotationsFrom?: string }>} */
  #parties = new Map();

  /** @param {any} edition @param {string} id @param {Uint8Array} bundle */
  constructor(edition, id, bundle) {
    this.edition = edition;
    this.id = id;
    this.bundle = bundle;
  }

  /**
   * Begins trust: a bundle of any number whose id is the one that was compared by another channel.
   * @param {Uint8Array} bundle
   * @param {string} trusted edition id, hex
   * @param {number} now milliseconds since 1970
   * @throws {Refusal} `edition-fork`, `edition-unsigned`, the form codes
   */
  static async found(bundle, trusted, now) {
    const draft = await readBundle(bundle);
    if (draft.id !== trusted) throw new Refusal('edition-fork', `edition has id ${draft.id}`);
    return signedBy(draft, draft.edition.authorities, draft.edition.threshold, now);
  }

  /**
   * Takes the next edition.
   * @param {Uint8Array} bundle
   * @param {number} now
   * @throws {Refusal} `edition-rollback`, `edition-fork`, `edition-gap`, `edition-unsigned`, the form codes
   */
  async follow(bundle, now) {
    const draft = await readBundle(bundle);
    const [mine, theirs] = [this.edition.number, draft.edition.number];
    const told = `edition ${theirs} after edition ${mine}`;
    if (draft.id === this.id || theirs < mine) throw new Refusal('edition-rollback', told);
    if (theirs === mine || draft.edition.network !== this.edition.network) throw new Refusal('edition-fork', told);
    if (theirs - mine > 1) throw new Refusal('edition-gap', told);
    if (draft.edition.previous !== this.id) throw new Refusal('edition-fork', told);
    return signedBy(draft, this.edition.authorities, this.edition.threshold, now);
  }

  /** The key ids take a hash each, which a browser makes only asynchronously; so they are made once, here. */
  async index() {
    for (const { id, name, roles, signing_keys: keys, node_keys: nodeKeys, agents = [], rotations_from: rotationsFrom } of this.edition.parties) {
      // Apart, for no rotation rests on an agent's key.
      const [byId, ofAgents] = [new Map(), new Map()];
      for (const entry of keys) byId.set(await keyId(keyBytes(entry.key)), entry);
      for (const entry of agents) ofAgents.set(await keyId(keyBytes(entry.key)), entry);
      this.#parties.set(id, { name, roles, keys: byId, agents: ofAgents, nodeKeys, rotationsFrom });
    }
    return this;
  }

  /** The name for people; the id itself for a party that is not listed. @param {string} id */
  nameOf(id) {
    return this.#parties.get(id)?.name ?? id;
  }

  /** What the edition says of a party, its signing keys by key id; undefined for one that is not listed. @param {string} id */
  party(id) {
    return this.#parties.get(id);
  }

  /** Whether a party is listed. @param {string} id */
  has(id) {
    return this.#parties.has(id);
  }

  /** @param {string} issuer @param {string} kid @param {number} now */
  signer(issuer, kid, now) {
    const party = this.#parties.get(issuer);
    if (issuer.startsWith('driver:')) throw new Refusal('key-unknown', issuer);
    if (!party) throw new Refusal('unknown-party', issuer);
    const entry = party.keys.get(kid) ?? party.agents.get(kid);
    if (!entry) throw new Refusal('key-unknown', `${issuer}, key ${kid}`);
    if (now < Date.parse(entry.from) || (entry.until !== undefined && now > Date.parse(entry.until))) {
      throw new Refusal('key-not-in-force', `${issuer}, key ${kid}`);
    }
    return { key: keyBytes(entry.key), roles: party.roles, agent: entry.party };
  }
}

/** Everybody whose signature counts: a directory, and drivers by the credentials of their hauliers. */
export class Authorities {
  /** Last word on a device key, by key id and haulier. @type {Map<string, Map<string, any>>} */
  #words = new Map();

  /** @param {Directory} directory */
  constructor(directory) {
    this.directory = directory;
  }

  /** Applies one driver-credential, in the order of the log. @param {import('./cose.js').Signed} signed */
  async vouch(signed) {
    const { key, state, replaces, valid_until: until } = signed.document;
    if (replaces) this.#say(replaces, signed, null);
    const bytes = keyBytes(key);
    const word = state === 'active' ? { key: bytes, until: Date.parse(until) } : null;
    this.#say(await keyId(bytes), signed, word);
  }

  /** @param {string} kid @param {import('./cose.js').Signed} signed @param {any} word */
  #say(kid, signed, word) {
    const words = this.#words.get(kid) ?? new Map();
    this.#words.set(kid, words);
    const last = words.get(signed.issuer);
    if (!last || last.saidAt <= signed.issuedAt) words.set(signed.issuer, { saidAt: signed.issuedAt, word });
  }

  /** @param {string} issuer @param {string} kid @param {number} now */
  signer(issuer, kid, now) {
    if (!issuer.startsWith('driver:')) return this.directory.signer(issuer, kid, now);
    const words = issuer === `driver:${kid}` ? [...(this.#words.get(kid)?.values() ?? [])] : [];
    const inForce = words.find(({ word }) => word && now <= word.until);
    if (!inForce) throw new Refusal('key-unknown', issuer);
    return { key: inForce.word.key, roles: ['driver'] };
  }
}

/** One device key, which may sign as its own driver and as nobody else. */
export class DeviceKey {
  /** @param {Uint8Array} key @param {string} kid */
  constructor(key, kid) {
    this.key = key;
    this.kid = kid;
  }

  /** @param {string} issuer @param {string} kid */
  signer(issuer, kid) {
    if (issuer !== `driver:${this.kid}` || kid !== this.kid) throw new Refusal('not-bound-driver', issuer);
    return { key: this.key, roles: ['driver'] };
  }
}

/** @typedef {{ edition: any, id: string, envelopes: Uint8Array[], bundle: Uint8Array }} Draft */

/** Reads a bundle of sound form; its signatures are checked next. @param {Uint8Array} bundle @returns {Promise<Draft>} */
async function readBundle(bundle) {
  const envelopes = splitBundle(bundle);
  const first = envelopes.length > 0 ? await peek(envelopes[0], BUNDLE_MAX) : null;
  for (const envelope of envelopes.slice(1)) {
    const other = await peek(envelope, BUNDLE_MAX);
    if (other.kind !== first?.kind || !sameBytes(other.payload, first.payload)) {
      throw new Refusal('malformed', 'a bundle holds one edition');
    }
  }
  if (first?.kind !== 'directory-edition') throw new Refusal('malformed', 'a bundle holds an edition');
  const edition = await readPayload('directory-edition', first.payload);
  return { edition, id: toHex(await sha256(first.payload)), envelopes, bundle };
}

/** @param {Uint8Array} bundle @returns {Uint8Array[]} */
function splitBundle(bundle) {
  if (bundle.length > BUNDLE_MAX) throw new Refusal('too-large', `bundle has ${bundle.length} bytes`);
  const reader = new Reader(bundle);
  /** @type {Uint8Array[]} */
  const envelopes = [];
  reader.each(reader.array(), () => {
    if (envelopes.length === ENVELOPES_MAX) throw new Refusal('too-large', `more than ${ENVELOPES_MAX} envelopes`);
    envelopes.push(reader.byteString());
  });
  const writer = new Writer();
  writer.array(envelopes.length);
  for (const envelope of envelopes) writer.byteString(envelope);
  if (!sameBytes(writer.done(), bundle)) throw new Refusal('not-canonical', 'bundle is not in deterministic form');
  return envelopes;
}

/**
 * The directory, if `threshold` of `keys` signed. One key counts once; envelopes that do not verify are passed over.
 * @param {Draft} draft @param {string[]} keys @param {number} threshold @param {number} now
 */
async function signedBy(draft, keys, threshold, now) {
  /** @type {Map<string, Uint8Array>} */
  const byId = new Map();
  for (const text of keys) byId.set(await keyId(keyBytes(text)), keyBytes(text));
  const ring = {
    signer(/** @type {string} */ _, /** @type {string} */ kid) {
      const key = byId.get(kid);
      if (!key) throw new Refusal('key-unknown', kid);
      return { key, roles: ['authority'] };
    },
  };
  const signers = new Set();
  for (const envelope of draft.envelopes) {
    try {
      signers.add((await open(envelope, ring, now, BUNDLE_MAX)).keyId);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
  if (signers.size < threshold) {
    throw new Refusal('edition-unsigned', `${signers.size} of ${threshold} needed signatures`);
  }
  return new Directory(draft.edition, draft.id, draft.bundle).index();
}
