/**
 * How payloads are built, as small types that read and write (PROTOCOL § 4). What is read is the JSON form of the
 * protocol: field names, words for numbers, hex for hashes, RFC 3339 for times. Byte strings are `Uint8Array`.
 */

import { fromHex, toHex } from './bytes.js';
import * as ids from './ids.js';
import { keyBytes, keyFault, keyText } from './key.js';
import { Refusal } from './refusal.js';

/**
 * @template T
 * @typedef {{
 *   read: (reader: import('./cbor.js').Reader) => T,
 *   write: (writer: import('./cbor.js').Writer, value: T) => void,
 * }} Type
 */

/** @param {string} detail @returns {never} */
function badField(detail) {
  throw new Refusal('bad-field', detail);
}

/** A text with a rule. @param {ids.Rule} rule @returns {Type<string>} */
export function text(rule) {
  return {
    read(reader) {
      const value = reader.text();
      const fault = rule(value);
      return fault ? badField(`${JSON.stringify(value.slice(0, 40))}: ${fault}`) : value;
    },
    write: (writer, value) => void writer.text(value),
  };
}

/** A text without a rule of its own. */
export const freeText = text(() => null);
export const party = text(ids.party);
export const container = text(ids.container);
export const bill = text(ids.reference);
export const reference = text(ids.reference);
export const remark = text(ids.remark);
export const plate = text(ids.plate);
export const sizeType = text(ids.sizeType);
export const imo = text(ids.imo);
export const caseCode = text(ids.caseCode);

/** An actor that cannot be read makes the document malformed. @type {Type<string>} */
export const actor = {
  read(reader) {
    const value = reader.text();
    if (ids.actor(value)) throw new Refusal('malformed', 'not an actor');
    return value;
  },
  write: freeText.write,
};

/** Byte strings of a fixed length, as hex. @param {number} length @returns {Type<string>} */
function hex(length) {
  return {
    read(reader) {
      const bytes = reader.byteString();
      return bytes.length === length ? toHex(bytes) : badField(`${bytes.length} bytes, expected ${length}`);
    },
    write: (writer, value) => void writer.byteString(fromHex(value) ?? badField('not hex')),
  };
}

/** A signature inside a payload, as hex. One of another length makes the document malformed. @type {Type<string>} */
export const proof = {
  read(reader) {
    const bytes = reader.byteString();
    if (bytes.length !== 64) throw new Refusal('malformed', `a proof of ${bytes.length} bytes`);
    return toHex(bytes);
  },
  write: (writer, value) => void writer.byteString(fromHex(value) ?? badField('not hex')),
};

export const hash = hex(32);
export const docId = hash;
export const kid = hex(8);

/** @type {Type<string>} */
export const key = {
  read(reader) {
    const bytes = reader.byteString();
    const fault = keyFault(bytes);
    return fault ? badField(fault) : keyText(bytes);
  },
  write: (writer, value) => void writer.byteString(keyBytes(value)),
};

/** @type {Type<Uint8Array>} */
export const bytes = {
  read: (reader) => reader.byteString().slice(),
  write: (writer, value) => void writer.byteString(value),
};

/** @type {Type<boolean>} */
export const bool = {
  read: (reader) => reader.bool(),
  write: (writer, value) => void writer.bool(value),
};

/** @param {number} bits @returns {Type<number | bigint>} */
function uintOf(bits) {
  const max = 2n ** BigInt(bits) - 1n;
  return {
    read: (reader) => reader.uint(max),
    write: (writer, value) => void writer.int(value),
  };
}

export const uint = uintOf(64);
export const uint32 = uintOf(32);
export const uint16 = uintOf(16);
export const uint8 = uintOf(8);

/** Milliseconds in the bytes, RFC 3339 outside. @type {Type<string>} */
export const time = {
  read(reader) {
    const value = reader.uint();
    return value > ids.TIME_MAX ? badField('a time after the year 9999') : new Date(Number(value)).toISOString();
  },
  write(writer, value) {
    const millis = Date.parse(value);
    if (Number.isNaN(millis)) badField('not a time');
    writer.int(millis);
  },
};

/** A number that stands for a word. @param {...string} words in the order of their numbers @returns {Type<string>} */
export function word(...words) {
  return {
    read(reader) {
      const number = reader.int();
      const found = words[Number(number)];
      if (found === undefined) throw new Refusal('malformed', `no word has number ${number}`);
      return found;
    },
    write(writer, value) {
      const number = words.indexOf(value);
      if (number < 0) badField(`${value} is none of ${words.join(', ')}`);
      writer.int(number);
    },
  };
}

/** @template T @param {Type<T>} item @returns {Type<T[]>} */
export function list(item) {
  return {
    read(reader) {
      /** @type {T[]} */
      const items = [];
      reader.each(reader.array(), () => void items.push(item.read(reader)));
      return items;
    },
    write(writer, items) {
      writer.array(items.length);
      for (const one of items) item.write(writer, one);
    },
  };
}

/** An array with named places. @param {[string, Type<any>][]} fields @returns {Type<any>} */
export function tuple(fields) {
  return {
    read(reader) {
      /** @type {Record<string, any>} */
      const value = {};
      let place = 0;
      reader.each(reader.array(), () => {
        const field = fields[place++];
        if (field) value[field[0]] = field[1].read(reader);
        else reader.skip();
      });
      if (place < fields.length) throw new Refusal('malformed', `${fields[place][0]} is missing`);
      return value;
    },
    write(writer, value) {
      writer.array(fields.length);
      for (const [name, type] of fields) type.write(writer, value[name]);
    },
  };
}

/**
 * A map with integer keys. Each field is [key, name, type]; a name that ends in `?` may be missing, and one that ends
 * in `[]?` is a list that is left out when empty. Unknown keys are passed over: the caller compares all bytes.
 * @param {[number, string, Type<any>][]} fields by key, ascending @returns {Type<any>}
 */
export function map(fields) {
  const known = fields.map(([number, spelled, type]) => {
    const isOptional = spelled.endsWith('?');
    return { number, name: spelled.replace(/(\[\])?\?$/, ''), type, isOptional, dropsEmpty: spelled.endsWith('[]?') };
  });
  const byNumber = new Map(known.map((field) => [field.number, field]));
  const isThere = (/** @type {any} */ value, /** @type {typeof known[0]} */ field) =>
    value[field.name] !== undefined && !(field.dropsEmpty && value[field.name].length === 0);
  return {
    read(reader) {
      /** @type {Record<string, any>} */
      const value = {};
      reader.each(reader.map(), () => {
        const field = byNumber.get(Number(reader.int()));
        if (!field) reader.skip();
        else if (!(field.isOptional && reader.takeNull())) value[field.name] = field.type.read(reader);
      });
      for (const { name, isOptional } of known) {
        if (!isOptional && value[name] === undefined) throw new Refusal('malformed', `${name} is missing`);
      }
      return value;
    },
    write(writer, value) {
      const present = known.filter((field) => isThere(value, field));
      writer.map(present.length);
      for (const { number, name, type } of present) {
        writer.int(number);
        type.write(writer, value[name]);
      }
    },
  };
}
