/**
 * The kinds of document: who may sign each, what its payload is, the rules between its fields, and its subject
 * (PROTOCOL § 4). A field's number and name are those of the tables there.
 */

import { fromHex, sameBytes, utf8 } from './bytes.js';
import { Reader, Writer } from './cbor.js';
import * as clocks from './clocks.js';
import { keyBytes, keyId, verify } from './key.js';
import { Refusal } from './refusal.js';
import * as t from './schema.js';

/** Most entries of a list at the gate. */
const REASONS_MAX = 64;
const RECEIPT_ENTRIES_MAX = 256;
/** Longest code and detail of a refusal in a receipt, in bytes. */
const REFUSED_TEXT_MAX = 256;
const AUTHORITIES_MAX = 16;
const PARTIES_MAX = 10_000;
const KEYS_MAX = 16;
const ADDRESSES_MAX = 8;
const ADDRESS_MAX = 260;
/** Most holders of a right, one after another. */
const HOPS_MAX = 8;
/** First item of what a new key signs. */
const POSSESSION = 'landside key possession v1';

export const ROLES = ['terminal', 'customs', 'line', 'shipper', 'forwarder', 'haulier', 'authority', 'driver'];
export const LIGHTS = ['commercial', 'customs', 'terminal'];
export const HOLD_TYPES = [
  'commercial', 'freight', 'customs-documents', 'customs-scan', 'customs-physical',
  'quarantine', 'terminal-storage', 'terminal-damage', 'court', 'security',
];
export const CUSTOMS_STATES = ['released', 'held', 'exam', 'scan', 'rejected'];
const SEALED_FIELDS = ['consignee', 'cargo', 'value', 'release_to_identity'];

/** @param {boolean} isWrong @param {string} detail @param {string} [code] */
function refuseIf(isWrong, detail, code = 'bad-field') {
  if (isWrong) throw new Refusal(code, detail);
}

/** @param {any[]} items @param {(a: any, b: any) => boolean} isBefore */
function ascends(items, isBefore) {
  return items.every((item, i) => i === 0 || isBefore(items[i - 1], item));
}

/** @param {string} text */
const byteLength = (text) => new TextEncoder().encode(text).length;
/** @param {string} a @param {string} b RFC 3339 of one form */
const isBefore = (a, b) => Date.parse(a) < Date.parse(b);

const visit = t.tuple([['terminal', t.party], ['container', t.container]]);
const window = t.tuple([['from', t.time], ['until', t.time]]);
const covers = t.list(t.tuple([['code', t.remark], ['document', t.docId]]));
const overrides = t.list(t.tuple([['document', t.docId], ['person', t.remark]]));
const light = t.word(...LIGHTS);

/** @type {t.Type<[string, string]>} */
const twoPersons = (() => {
  const pair = t.tuple([['asked', t.remark], ['agreed', t.remark]]);
  return {
    read(reader) {
      const { asked, agreed } = pair.read(reader);
      return [asked, agreed];
    },
    write: (writer, [asked, agreed]) => pair.write(writer, { asked, agreed }),
  };
})();

const terms = t.map([
  [0, 'release_to', t.party],
  [1, 'valid_from?', t.time],
  [2, 'valid_until', t.time],
  [3, 'haulage', t.word('merchant', 'carrier')],
  [4, 'reference?', t.reference],
  [5, 'empty_return?', t.map([[0, 'depot', t.reference], [1, 'reference?', t.reference]])],
]);
const vessel = t.map([[0, 'name?', t.remark], [1, 'imo?', t.imo], [2, 'voyage?', t.reference]]);
const source = t.map([[0, 'interchange', t.hash], [1, 'message', t.uint32], [2, 'equipment', t.uint32]]);

/** Digests of sealed fields (§ 14), by the field's name. @type {t.Type<Record<string, string>>} */
const sealed = {
  read(reader) {
    const count = reader.map();
    if (count === null) throw new Refusal('malformed', 'sealed fields have no length');
    /** @type {Record<string, string>} */
    const digests = {};
    reader.each(count, () => {
      const name = SEALED_FIELDS[Number(reader.uint(255))];
      if (name === undefined) throw new Refusal('malformed', 'no field to seal has this number');
      digests[name] = t.hash.read(reader);
    });
    refuseIf(Object.keys(digests).length === 0, 'sealed names no field');
    return digests;
  },
  write(writer, digests) {
    const present = SEALED_FIELDS.filter((name) => digests[name] !== undefined);
    writer.map(present.length);
    for (const name of present) {
      writer.int(SEALED_FIELDS.indexOf(name));
      t.hash.write(writer, digests[name]);
    }
  },
};

const limits = t.map([
  [0, 'from?', t.time],
  [1, 'until?', t.time],
  [2, 'plate?', t.plate],
  [3, 'depot?', t.reference],
  [4, 'hops?', t.uint8],
]);

/**
 * `cnf` with one COSE_Key: `{1: {1: 1 (OKP), -1: 6 (Ed25519), -2: key}}` (RFC 8747, RFC 9053 § 7.2).
 * @type {t.Type<string>}
 */
const confirmation = {
  read(reader) {
    const is = (/** @type {boolean} */ ok) => refuseIf(!ok, 'cnf is not one Ed25519 COSE_Key', 'malformed');
    is(reader.map() === 1 && reader.int() === 1 && reader.map() === 3);
    is(reader.int() === 1 && reader.int() === 1 && reader.int() === -1 && reader.int() === 6);
    is(reader.int() === -2);
    return t.key.read(reader);
  },
  write(writer, key) {
    writer.map(1).int(1).map(3).int(1).int(1).int(-1).int(6).int(-2);
    t.key.write(writer, key);
  },
};

const position = t.map([
  [0, 'log', t.uint],
  [1, 'at', t.time],
  [2, 'case?', t.map([[0, 'code', t.caseCode], [1, 'place', t.uint32]])],
]);
const refused = t.map([[0, 'code', t.freeText], [1, 'names?', t.docId], [2, 'detail', t.freeText]]);
const receiptEntry = t.map([
  [0, 'document', t.docId],
  [1, 'outcome', t.word('accepted', 'duplicate', 'refused')],
  [2, 'position?', position],
  [3, 'refused?', refused],
]);
const signingKey = t.map([[0, 'key', t.key], [1, 'from', t.time], [2, 'until?', t.time]]);
const partyEntry = t.map([
  [0, 'id', t.party],
  [1, 'name', t.remark],
  [2, 'roles', t.list(t.word(...ROLES))],
  [3, 'signing_keys', t.list(signingKey)],
  [4, 'node_keys', t.list(t.key)],
  [5, 'addresses', t.list(t.freeText)],
  [6, 'rotations_from?', t.time],
  [7, 'agents[]?', t.list(t.map([[0, 'party', t.party], [1, 'key', t.key], [2, 'from', t.time], [3, 'until?', t.time]]))],
]);

/** @param {any} d */
function checkTerms(d) {
  refuseIf(d.valid_from !== undefined && !isBefore(d.valid_from, d.valid_until), 'valid_from is not before valid_until');
}

/** @param {any} w */
function checkWindow(w) {
  refuseIf(!isBefore(w.from, w.until), 'window does not begin before it ends');
}

/** Capitals and blanks make no other person. @param {string[] | undefined} two */
function checkPersons(two) {
  const folded = (/** @type {string} */ name) =>
    name.split(/\p{White_Space}+/u).filter(Boolean).join(' ').toLowerCase();
  refuseIf(two !== undefined && folded(two[0]) === folded(two[1]), 'one person is named twice', 'same-person');
}

/** An agent signs what a message of the line says, and nothing of its own. @param {any} d */
function checkAgent(d) {
  refuseIf(d.agent !== undefined && d.source === undefined, 'agent needs source');
  refuseIf(d.agent !== undefined && d.approved_by !== undefined, 'approved_by is said by persons of the line');
}

/** @param {any} d */
function checkReleaseChange(d) {
  refuseIf(d.sealed !== undefined && d.action !== 'replace', 'sealed fields go only with replace');
  checkAgent(d);
  refuseIf((d.action === 'replace') !== (d.terms !== undefined), 'terms go with replace, and must');
  if (d.terms) checkTerms(d.terms);
}

/**
 * Needs that can be passed over, each with its lights (§ 4, override).
 * @type {Record<string, string[]>}
 */
const OVERRIDABLE = {
  'release-blocked': ['commercial'],
  'not-cleared': ['terminal'],
  hold: ['commercial', 'terminal'],
};

/** @param {any} d */
function checkOverride(d) {
  refuseIf(d.light === 'customs', 'the customs light', 'not-overridable');
  refuseIf(d.covers.length > REASONS_MAX, `more than ${REASONS_MAX} covers`);
  const seen = new Set();
  for (const { code, document } of d.covers) {
    const lights = Object.hasOwn(OVERRIDABLE, code) ? OVERRIDABLE[code] : [];
    refuseIf(!lights.includes(d.light), `${code} of the ${d.light} light`, 'not-overridable');
    refuseIf(seen.has(document), 'covers name a document twice');
    seen.add(document);
  }
  refuseIf((d.covers.length === 0) !== (d.valid_until === undefined), 'valid_until goes with covers, and must');
  checkPersons(d.approved_by);
  refuseIf(d.approved_by !== undefined && d.approved_by[0] !== d.person, 'the first of approved_by is not the person');
  checkTold(d.told);
}

/** @param {string[]} told customs offices that become readers */
function checkTold(told) {
  refuseIf(told.length > REASONS_MAX || !ascends(told, (a, b) => a < b), 'told is too long, or not ascending');
}

/** @param {any} d */
function checkSlot(d) {
  refuseIf((d.answer === 'refused') !== (d.window === undefined), 'a window goes with granted and moved only');
  if (d.window) checkWindow(d.window);
}

/** @param {any} d */
function checkGateDecision(d) {
  const lists = [d.reasons, d.relied_on, d.overrides ?? []];
  refuseIf(lists.some((items) => items.length > REASONS_MAX), `more than ${REASONS_MAX} reasons`);
  refuseIf((d.verdict === 'admit') !== (d.reasons.length === 0), 'reasons go with refuse only, and must');
}

/** @param {any} d */
function checkInterchange(d) {
  const lists = [d.seals, d.damage, d.photos];
  refuseIf(lists.some((items) => items.length > REASONS_MAX), `more than ${REASONS_MAX} entries`);
  refuseIf(d.condition === 'damaged' && d.damage.length === 0, 'damaged needs a damage code');
}

/** @param {any} d */
function checkReceipt(d) {
  const count = d.entries.length;
  refuseIf(count === 0 || count > RECEIPT_ENTRIES_MAX, `a receipt has 1 to ${RECEIPT_ENTRIES_MAX} entries`);
  for (const { outcome, refused: why } of d.entries) {
    refuseIf((outcome === 'refused') !== (why !== undefined), 'a reason goes with refused only, and must');
    const isLong = why && [why.code, why.detail].some((text) => byteLength(text) > REFUSED_TEXT_MAX);
    refuseIf(isLong, 'code or detail is too long');
  }
}

/** @param {any} d */
function checkEdition(d) {
  refuseIf(d.number === 0 || (d.number === 1) !== (d.previous === undefined), 'edition 1 and only it has no previous one');
  const authorities = d.authorities.length;
  refuseIf(authorities === 0 || authorities > AUTHORITIES_MAX, `an edition has 1 to ${AUTHORITIES_MAX} authority keys`);
  refuseIf(new Set(d.authorities).size < authorities, 'one authority key is listed twice');
  refuseIf(d.threshold === 0 || d.threshold > authorities, 'threshold is not within the number of authority keys');
  refuseIf(d.parties.length > PARTIES_MAX, `more than ${PARTIES_MAX} parties`);
  refuseIf(!ascends(d.parties, (a, b) => a.id < b.id), 'parties are not in the order of their ids, each once');
  refuseIf(!isBefore(d.valid_from, d.valid_until), 'valid_from is not before valid_until');
  d.parties.forEach(checkParty);
  const terminals = new Set(d.parties.filter((/** @type {any} */ p) => p.roles.includes('terminal')).map((/** @type {any} */ p) => p.id));
  for (const { id, agents = [] } of d.parties) {
    const isNone = (/** @type {any} */ a) => a.party === id || !terminals.has(a.party);
    refuseIf(agents.some(isNone), 'an agent is another party with role terminal');
  }
  const keyOf = (/** @type {any} */ entry) => entry.key;
  const keys = d.parties.flatMap((/** @type {any} */ p) =>
    [...p.signing_keys.map(keyOf), ...p.node_keys, ...(p.agents ?? []).map(keyOf)]);
  refuseIf(new Set(keys).size < keys.length, 'one key is listed twice');
}

/** @param {any} p */
function checkParty(p) {
  refuseIf(p.roles.length === 0 || p.roles.includes('driver'), 'a party has one role or more, and driver is none of them');
  refuseIf(!ascends(p.roles, (a, b) => ROLES.indexOf(a) < ROLES.indexOf(b)), 'roles are not in order, each once');
  const lists = [p.signing_keys, p.node_keys, p.agents ?? []];
  refuseIf(lists.some((keys) => keys.length > KEYS_MAX), `more than ${KEYS_MAX} keys`);
  refuseIf(lists[2].length > 0 && !p.roles.includes('line'), 'only a line has agents');
  const isBad = (/** @type {string} */ a) => a === '' || byteLength(a) > ADDRESS_MAX;
  refuseIf(p.addresses.length > ADDRESSES_MAX || p.addresses.some(isBad), 'addresses are too many or too long');
}

/** @param {any} d */
async function checkRotation(d) {
  refuseIf(d.signing_key === undefined && d.node_key === undefined, 'a rotation names a signing key, a node key, or both');
  refuseIf(d.signing_key === d.node_key, 'one key is named twice');
  for (const key of [d.signing_key, d.node_key]) {
    refuseIf(key !== undefined && (await keyId(keyBytes(key))) === d.old, 'the new key is the old one');
  }
  await checkPossession(d, 'signing');
  await checkPossession(d, 'node');
}

/** Whoever names a key must have it. @param {any} d @param {'signing' | 'node'} what */
async function checkPossession(d, what) {
  const [key, proof] = [d[`${what}_key`], d[`${what}_proof`]];
  refuseIf((key === undefined) !== (proof === undefined), `the new ${what} key and its proof go together`);
  if (key === undefined) return;
  const writer = new Writer();
  writer.array(5).text(POSSESSION).text(d.party).byteString(/** @type {Uint8Array} */ (fromHex(d.old))).text(what).byteString(keyBytes(key));
  await verify(keyBytes(key), writer.done(), /** @type {Uint8Array} */ (fromHex(proof)));
}

/** Whether one text comes before another by its bytes; 0 when they are one. @param {string} a @param {string} b */
function compareBytes(a, b) {
  const [one, other] = [utf8(a), utf8(b)];
  for (let i = 0; i < Math.min(one.length, other.length); i++) {
    if (one[i] !== other[i]) return one[i] - other[i];
  }
  return one.length - other.length;
}

/** @param {any} d */
function checkProgress(d) {
  const place = (/** @type {string} */ of) => LIGHTS.indexOf(of);
  const needs = (/** @type {any} */ a, /** @type {any} */ b) =>
    (place(a.light) - place(b.light) || compareBytes(a.code, b.code) || compareBytes(a.owed_by, b.owed_by)) < 0;
  const depots = d.empty_return ?? [];
  refuseIf(d.needs.length > REASONS_MAX || depots.length > REASONS_MAX, `more than ${REASONS_MAX} needs or depots`);
  refuseIf(!ascends(d.needs, needs), 'needs are not ascending, or one is there twice');
  refuseIf(!ascends(d.overridden ?? [], (a, b) => place(a) < place(b)), 'overridden lights are not ascending, or one is there twice');
  refuseIf(d.right && (d.right.hops.length === 0 || d.right.hops.length > HOPS_MAX), `a right has 1 to ${HOPS_MAX} hops`);
}

/**
 * @typedef {{
 *   signers: string[],
 *   payload: t.Type<any>,
 *   check?: (document: any) => void | Promise<void>,
 *   subject?: (document: any) => string | Promise<string>,
 *   signedBy?: (document: any) => { issuer: string, keyId: string },
 * }} Kind
 */

/** Every kind. Without `subject`, the subject is the container; `signedBy` is what the header must say besides. @type {Record<string, Kind>} */
export const KINDS = {
  'release-order': {
    signers: ['line'],
    payload: t.map([
      [0, 'visit', visit], [1, 'bill', t.bill], [2, 'terms', terms], [3, 'size_type?', t.sizeType],
      [4, 'vessel?', vessel], [5, 'source?', source], [6, 'sealed?', sealed], [7, 'approved_by?', twoPersons],
      [8, 'agent?', t.party],
    ]),
    check: (d) => {
      checkTerms(d.terms);
      checkAgent(d);
      checkPersons(d.approved_by);
    },
  },
  'release-change': {
    signers: ['line'],
    payload: t.map([
      [0, 'visit', visit], [1, 'bill', t.bill], [2, 'builds_on', t.docId],
      [3, 'action', t.word('replace', 'block', 'unblock', 'revoke', 'cancel')], [4, 'terms?', terms],
      [5, 'reason?', t.remark], [6, 'source?', source], [7, 'sealed?', sealed], [8, 'agent?', t.party],
    ]),
    check: checkReleaseChange,
  },
  'customs-status': {
    signers: ['customs'],
    payload: t.map([
      [0, 'visit', visit], [1, 'consignment', t.bill], [2, 'builds_on?', t.docId],
      [3, 'status', t.word(...CUSTOMS_STATES)], [4, 'national_code?', t.reference], [5, 'declaration?', t.reference],
    ]),
  },
  hold: {
    signers: ['line', 'customs', 'terminal', 'authority'],
    payload: t.map([[0, 'visit', visit], [1, 'hold_type', t.word(...HOLD_TYPES)], [2, 'reason', t.remark]]),
  },
  'hold-lift': {
    signers: ['line', 'customs', 'terminal', 'authority'],
    payload: t.map([[0, 'visit', visit], [1, 'builds_on', t.docId], [2, 'reason?', t.remark]]),
  },
  arrival: {
    signers: ['terminal'],
    payload: t.map([
      [0, 'visit', visit], [1, 'builds_on?', t.docId], [2, 'discharged_at?', t.time], [3, 'available', t.bool],
      [4, 'cleared', t.bool], [5, 'position?', t.reference], [6, 'damage?', t.remark],
      [7, 'told[]?', t.list(t.party)],
    ]),
    check: (d) => checkTold(d.told ?? []),
  },
  override: {
    signers: ['terminal'],
    payload: t.map([
      [0, 'visit', visit], [1, 'light', light], [2, 'builds_on?', t.docId], [3, 'covers', covers],
      [4, 'person', t.remark], [5, 'reason', t.remark], [6, 'valid_until?', t.time],
      [7, 'approved_by?', twoPersons], [8, 'told', t.list(t.party)],
    ]),
    check: checkOverride,
  },
  'pass-right': {
    signers: ['line', 'shipper', 'forwarder', 'haulier'],
    payload: t.map([[0, 'visit', visit], [1, 'builds_on', t.docId], [2, 'to', t.party], [3, 'limits', limits]]),
  },
  question: {
    signers: ['terminal', 'customs', 'line', 'shipper', 'forwarder', 'haulier', 'authority'],
    payload: t.map([
      [0, 'visit', visit], [1, 'subject', t.word('question', 'complaint')], [2, 'to', t.party],
      [3, 'text', t.remark], [4, 'answer_by', t.time], [5, 'about?', t.docId],
    ]),
  },
  answer: {
    signers: ['terminal', 'customs', 'line', 'shipper', 'forwarder', 'haulier', 'authority'],
    payload: t.map([[0, 'visit', visit], [1, 'builds_on', t.docId], [2, 'text', t.remark]]),
  },
  'clock-terms': { signers: ['line', 'terminal'], payload: clocks.terms, check: clocks.checkTerms },
  'clock-event': { signers: ['line', 'terminal'], payload: clocks.event, check: clocks.checkEvent },
  'return-right': {
    signers: ['shipper', 'forwarder', 'haulier'],
    payload: t.map([[0, 'visit', visit], [1, 'builds_on', t.docId], [2, 'reason?', t.remark]]),
  },
  'revoke-right': {
    signers: ['line', 'shipper', 'forwarder', 'haulier'],
    payload: t.map([[0, 'visit', visit], [1, 'revokes', t.docId], [2, 'reason?', t.remark]]),
  },
  'driver-credential': {
    signers: ['haulier'],
    payload: t.map([
      [0, 'key', t.key], [1, 'name', t.remark], [2, 'licence?', t.reference], [3, 'valid_until', t.time],
      [4, 'state', t.word('active', 'withdrawn')], [5, 'replaces?', t.kid],
    ]),
    subject: (d) => keyId(keyBytes(d.key)),
  },
  'driver-binding': {
    signers: ['haulier'],
    payload: t.map([
      [0, 'visit', visit], [1, 'right', t.docId], [2, 'builds_on?', t.docId], [3, 'driver', t.key], [4, 'plate', t.plate],
    ]),
  },
  'slot-request': {
    signers: ['haulier'],
    payload: t.map([[0, 'visit', visit], [1, 'right', t.docId], [2, 'builds_on?', t.docId], [3, 'window', window]]),
    check: (d) => checkWindow(d.window),
  },
  slot: {
    signers: ['terminal'],
    payload: t.map([
      [0, 'visit', visit], [1, 'builds_on', t.docId], [2, 'answer', t.word('granted', 'moved', 'refused')],
      [3, 'window?', window], [4, 'reason?', t.remark],
    ]),
    check: checkSlot,
  },
  'pickup-pass': {
    signers: ['terminal'],
    payload: t.map([
      [4, 'expires', t.uint], [5, 'not_before', t.uint], [8, 'confirmation', confirmation], [100, 'visit', visit],
      [101, 'right', t.docId], [102, 'slot', t.docId], [103, 'plate', t.plate],
    ]),
    check: (d) => refuseIf(d.not_before >= d.expires, 'pass expires before it begins'),
  },
  progress: {
    signers: ['terminal'],
    payload: t.map([
      [0, 'visit', visit], [1, 'builds_on?', t.docId],
      [2, 'right?', t.map([[0, 'head', t.docId], [1, 'holder', t.party], [2, 'limits', limits], [3, 'hops', t.list(t.docId)]])],
      [3, 'pass?', t.docId], [4, 'needs', t.list(t.map([[0, 'light', light], [1, 'code', t.remark], [2, 'owed_by', t.remark]]))],
      [5, 'overridden[]?', t.list(light)], [6, 'discharged_at?', t.time], [7, 'position?', t.reference],
      [8, 'size_type?', t.sizeType],
      [9, 'empty_return[]?', t.list(t.map([[0, 'depot', t.reference], [1, 'reference?', t.reference]]))],
      [10, 'binding?', t.docId],
    ]),
    check: checkProgress,
  },
  presentation: {
    signers: ['driver'],
    payload: t.map([[0, 'pass', t.bytes]]),
    subject: () => 'gate',
  },
  'gate-decision': {
    signers: ['terminal'],
    payload: t.map([
      [0, 'visit', visit], [1, 'builds_on?', t.docId], [2, 'verdict', t.word('admit', 'refuse')], [3, 'pass?', t.docId],
      [4, 'driver?', t.kid], [5, 'plate?', t.plate],
      [6, 'reasons', t.list(t.map([[0, 'code', t.remark], [1, 'detail', t.remark], [2, 'owed_by', t.remark]]))],
      [7, 'relied_on', t.list(t.tuple([['document', t.docId], ['age_s', t.uint]]))],
      [8, 'directory', t.uint], [9, 'directory_age_s', t.uint], [10, 'overrides[]?', overrides],
      [11, 'directory_overdue_s?', t.uint],
    ]),
    check: checkGateDecision,
  },
  'interchange-receipt': {
    signers: ['terminal', 'driver'],
    payload: t.map([
      [0, 'visit', visit], [1, 'builds_on', t.docId], [2, 'seals', t.list(t.reference)],
      [3, 'condition', t.word('sound', 'damaged')], [4, 'damage', t.list(t.reference)],
      [5, 'photos', t.list(t.hash)], [6, 'remark?', t.remark],
    ]),
    check: checkInterchange,
  },
  'gate-out': {
    signers: ['terminal'],
    payload: t.map([
      [0, 'visit', visit], [1, 'builds_on', t.docId], [2, 'pass', t.docId], [3, 'left_at', t.time],
      [4, 'unsigned_because?', t.remark], [5, 'overrides[]?', overrides],
    ]),
    check: (d) => refuseIf((d.overrides ?? []).length > REASONS_MAX, `more than ${REASONS_MAX} overrides`),
  },
  receipt: {
    signers: ROLES,
    payload: t.map([[0, 'to', t.actor], [1, 'entries', t.list(receiptEntry)]]),
    check: checkReceipt,
    subject: (d) => d.to,
  },
  'directory-edition': {
    signers: ['authority'],
    payload: t.map([
      [0, 'network', t.remark], [1, 'number', t.uint], [2, 'previous?', t.hash], [3, 'threshold', t.uint8],
      [4, 'authorities', t.list(t.key)], [5, 'valid_from', t.time], [6, 'valid_until', t.time],
      [7, 'parties', t.list(partyEntry)],
    ]),
    check: checkEdition,
    subject: (d) => d.network,
  },
  'key-rotation': {
    signers: ['terminal', 'customs', 'line', 'shipper', 'forwarder', 'haulier', 'authority'],
    payload: t.map([
      [0, 'party', t.party], [1, 'old', t.kid], [2, 'ends', t.time], [3, 'signing_key?', t.key], [4, 'node_key?', t.key],
      [5, 'signing_proof?', t.proof], [6, 'node_proof?', t.proof],
    ]),
    check: checkRotation,
    subject: (d) => d.party,
    signedBy: (d) => ({ issuer: d.party, keyId: d.old }),
  },
};

/**
 * Reads a payload: what it says, not who says it.
 * @param {string} kind one of KINDS
 * @param {Uint8Array} payload
 * @returns {Promise<any>} the JSON form of PROTOCOL § 4
 * @throws {Refusal} `malformed`, `not-canonical`, `bad-field`, or the rule of the kind
 */
export async function readPayload(kind, payload) {
  const document = KINDS[kind].payload.read(new Reader(payload));
  if (!sameBytes(writePayload(kind, document), payload)) {
    throw new Refusal('not-canonical', 'payload is not in deterministic form');
  }
  await KINDS[kind].check?.(document);
  return document;
}

/** The payload bytes of a document. @param {string} kind @param {any} document @returns {Uint8Array} */
export function writePayload(kind, document) {
  const writer = new Writer();
  KINDS[kind].payload.write(writer, document);
  return writer.done();
}

/** The subject that the header must carry. @param {string} kind @param {any} document @returns {Promise<string>} */
export async function subjectOf(kind, document) {
  return (await KINDS[kind].subject?.(document)) ?? document.visit.container;
}
