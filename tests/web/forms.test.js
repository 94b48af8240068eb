import assert from 'node:assert/strict';
import { test } from 'node:test';

import { library } from './support.js';

const { bytes, cbor, key, base45, refusal } = await library();
const hex = bytes.fromHex;
const codeOf = (act) => {
  try {
    act();
  } catch (error) {
    if (error instanceof refusal.Refusal) return error.code;
    throw error;
  }
  return 'accepted';
};

test('strict CBOR reads what has one spelling', () => {
  const map = cbor.decode(hex('a300186420f5613043010203'));
  assert.deepEqual(map, new Map([[0, 100], [-1, true], ['0', Uint8Array.of(1, 2, 3)]]));
  assert.deepEqual(cbor.decode(hex('83f6f4820a3903e7')), [null, false, [10, -1000]]);
  assert.equal(cbor.decode(hex('1bffffffffffffffff')), 0xffffffffffffffffn);
});

test('strict CBOR refuses every other spelling', () => {
  const spellings = {
    '1800': 'not-canonical', '190017': 'not-canonical', '1a0000ffff': 'not-canonical',
    '1b00000000ffffffff': 'not-canonical', '5800': 'not-canonical', '7801': 'not-canonical', '9800': 'not-canonical',
    'b800': 'not-canonical', '9fff': 'not-canonical', 'bfff': 'not-canonical', '5fff': 'not-canonical',
    'a20000000000': 'not-canonical', 'a201000000': 'not-canonical', 'a218640001': 'not-canonical', '0000': 'not-canonical',
    'a2616200616100': 'not-canonical', 'a262616100616200': 'not-canonical',
    'f90000': 'malformed', 'fb3ff199999999999a': 'malformed', 'f7': 'malformed', 'f820': 'malformed',
    'c000': 'malformed', '1c': 'malformed', '1f': 'malformed', '61ff': 'malformed', '62c328': 'malformed',
    '': 'malformed', '82': 'malformed', '9bffffffffffffffff': 'malformed', '5bffffffffffffffff': 'malformed',
    'bb7fffffffffffffff': 'malformed', '8201': 'malformed',
  };
  for (const [text, code] of Object.entries(spellings)) {
    assert.equal(codeOf(() => cbor.decode(hex(text))), code, text);
  }
});

test('strict CBOR has a bottom and an end', () => {
  assert.equal(codeOf(() => cbor.decode(new Uint8Array(60_000).fill(0x81))), 'malformed');
  assert.equal(codeOf(() => cbor.decode(new Uint8Array(cbor.INPUT_MAX + 1))), 'too-large');
  const deep = hex('81'.repeat(cbor.DEPTH_MAX - 1) + '00');
  assert.equal(codeOf(() => cbor.decode(deep)), 'accepted');
  assert.equal(codeOf(() => cbor.decode(hex('81'.repeat(cbor.DEPTH_MAX) + '00'))), 'malformed');
});

test('a byte order mark is part of a text', () => {
  assert.equal(cbor.decode(hex('64efbbbf61')), '\ufeffa');
});

test('what is passed over ends where the next item begins', () => {
  for (const item of ['00', '1bffffffffffffffff', '43010203', '5f4101420203ff', '9f01820203ff', 'bf6161a10102ff', 'c249010000000000000000', 'fb3ff199999999999a', '8080', '81'.repeat(1000) + '00']) {
    const reader = new cbor.Reader(hex(item === '8080' ? '80' + '182a' : item + '182a'));
    reader.skip();
    assert.equal(reader.uint(), 42, item.slice(0, 20));
  }
});

test('keys of small order, and 32 bytes that are no point, are no keys', () => {
  const P = 2n ** 255n - 19n;
  const D = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n;
  const mod = (n) => ((n % P) + P) % P;
  const pow = (b, e) => { let r = 1n; for (; e > 0n; e >>= 1n, b = (b * b) % P) if (e & 1n) r = (r * b) % P; return r; };
  const inverse = (n) => pow(mod(n), P - 2n);
  // The points whose order divides 8, found here by the curve's own law (RFC 8032 § 5.1.4): y of half of (0, -1) and on.
  const i = pow(2n, (P - 1n) / 4n);
  const root = (n) => { let r = pow(n, (P + 3n) / 8n); if (mod(r * r) !== mod(n)) r = mod(r * i); return mod(r * r) === mod(n) ? r : null; };
  const xOf = (y) => root(mod(mod(y * y - 1n) * inverse(mod(D * y * y + 1n))));
  const add = ([x1, y1], [x2, y2]) => {
    const t = mod(D * x1 * x2 * y1 * y2);
    return [mod((x1 * y2 + x2 * y1) * inverse(1n + t)), mod((y1 * y2 + x1 * x2) * inverse(1n - t))];
  };
  const known = [0n, 1n, P - 1n,
    0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
    0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n];
  const encoded = (y, sign) => Uint8Array.from({ length: 32 }, (_, n) => Number((y >> BigInt(8 * n)) & 0xffn) | (n === 31 && sign ? 0x80 : 0));
  for (const y of known) {
    let point = [xOf(y), y];
    for (let n = 0; n < 3; n++) point = add(point, point);
    assert.deepEqual(point, [0n, 1n], 'eight times it is the neutral point');
    for (const sign of [false, true]) assert.ok(key.keyFault(encoded(y, sign)), `${y} as it is`);
    if (y + P < 2n ** 255n) assert.ok(key.keyFault(encoded(y + P, false)), `${y} spelled with p on top`);
  }
  assert.ok(key.keyFault(encoded(2n, false)), 'no x goes with y = 2');
  for (let y = 2n; y < 60n; y++) {
    assert.equal(key.keyFault(encoded(y, false)) === null, xOf(y) !== null, `y = ${y}, by the root itself`);
  }
  assert.ok(key.keyFault(new Uint8Array(31)), '31 bytes');
  assert.equal(key.keyFault(hex('5866666666666666666666666666666666666666666666666666666666666666')), null, 'the base point');
});

test('S from the group order on, and R of small order, are refused whatever the browser thinks', async () => {
  const device = await key.signer(await key.makeDeviceKey());
  const good = await device.sign(bytes.utf8('admit'));
  assert.equal(key.signatureFault(good), null);
  const order = hex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
  const withS = (s) => bytes.concat(good.subarray(0, 32), s);
  assert.match(key.signatureFault(withS(order)), /^S /);
  assert.match(key.signatureFault(withS(new Uint8Array(32).fill(0xff))), /^S /);
  order[0] -= 1;
  assert.equal(key.signatureFault(withS(order)), null, 'one below the order');
  const identity = new Uint8Array(32);
  for (const first of [0, 1]) {
    identity[0] = first;
    assert.match(key.signatureFault(bytes.concat(identity, good.subarray(32))), /^R /);
  }
  assert.ok(key.signatureFault(good.subarray(1)));
});

test('a signature is refused by a promise that fails, not by one that says false', async () => {
  const pair = await key.makeDeviceKey();
  const device = await key.signer(pair);
  const message = bytes.utf8('admit');
  const signature = await device.sign(message);
  assert.equal(await key.verify(device.publicKey, message, signature), undefined);
  const notAwaited = key.verify(device.publicKey, bytes.utf8('refuse'), signature);
  await assert.rejects(notAwaited, { code: 'bad-signature' });
  await assert.rejects(key.verify(device.publicKey, message, signature.subarray(1)), { code: 'bad-signature' });
  await assert.rejects(crypto.subtle.exportKey('pkcs8', pair.privateKey), 'the private half stays inside');
});

test('base45 has the examples of RFC 9285, and one spelling', () => {
  for (const [plain, text] of [['AB', 'BB8'], ['Hello!!', '%69 VD92EX0'], ['base-45', 'UJCLQE7W581'], ['ietf!', 'QED8WEX0']]) {
    assert.equal(base45.encode(bytes.utf8(plain)), text);
    assert.deepEqual(base45.decode(text), bytes.utf8(plain));
  }
  for (const bad of ['A', 'GGW', ':::', '::', 'ab8', 'BB8É', 'BB8A', 'BB😀']) assert.equal(base45.decode(bad), null, bad);
  for (let length = 0; length < 70; length++) {
    const noise = crypto.getRandomValues(new Uint8Array(length));
    assert.deepEqual(base45.decode(base45.encode(noise)), noise);
  }
});

test('base64url has one spelling', () => {
  for (let length = 0; length < 9; length++) {
    const noise = crypto.getRandomValues(new Uint8Array(length));
    assert.deepEqual(bytes.fromBase64Url(bytes.toBase64Url(noise)), noise);
  }
  for (const bad of ['A', 'AB', 'AA==', 'A+A_', 'AAB']) assert.equal(bytes.fromBase64Url(bad), null, bad);
});
