// What the vectors say, held against the reader. The same function runs under Node and in the browser, so it
// imports nothing of either.

/**
 * @param {any} files the vector files by name
 * @param {any} lib the modules under assets/lib
 * @returns {Promise<{ good: number, bad: number, faults: string[] }>}
 */
export async function holdVectors(files, lib) {
  const { Directory, Authorities } = lib.directory;
  const bytesOf = (v) => lib.bytes.concat(lib.bytes.fromHex(v.bytes), new Uint8Array(v.zeros_after ?? 0));
  const told = { good: 0, bad: 0, faults: [] };
  const codeOf = async (attempt) => {
    try {
      const got = await attempt();
      return { got };
    } catch (error) {
      if (!(error instanceof lib.refusal.Refusal)) throw error;
      return { code: error.code };
    }
  };
  const expect = async (file, vector, attempt, isRight) => {
    const { got, code } = await codeOf(attempt);
    if (vector.refused) {
      told.bad += 1;
      if (code !== vector.refused) told.faults.push(`${file}/${vector.name}: ${code ?? 'accepted'}, not ${vector.refused}`);
    } else {
      told.good += 1;
      const fault = code ?? (await isRight(got));
      if (fault) told.faults.push(`${file}/${vector.name}: ${fault}`);
    }
    return got;
  };
  const same = (a, b) => (lib.bytes.sameBytes(a, b) ? null : 'other bytes');
  const equal = (a, b) => (canonicalJson(a) === canonicalJson(b) ? null : `${canonicalJson(a)}, not ${canonicalJson(b)}`);

  const editions = files.directory;
  const now = Date.parse(editions.now);
  const directories = {};
  for (const v of [...editions.good, ...editions.bad]) {
    const take = () =>
      v.follows ? directories[v.follows].follow(bytesOf(v), now) : Directory.found(bytesOf(v), v.trusted, now);
    const got = await expect('directory', v, take, (d) =>
      equal([d.id, d.edition.number, d.edition], [v.id, v.number, v.document]));
    if (got && !v.refused) directories[v.name] = got;
  }

  const documents = files.documents;
  const authorities = new Authorities(directories[documents.directory]);
  for (const hex of documents.credentials) {
    await authorities.vouch(await lib.cose.open(lib.bytes.fromHex(hex), authorities, Date.parse(documents.now)));
  }
  for (const v of [...documents.good, ...documents.bad]) {
    const at = Date.parse(v.now ?? documents.now);
    await expect('documents', v, () => lib.cose.open(bytesOf(v), authorities, at), async (d) =>
      equal([d.id, d.kind, d.issuer, d.issuedAt], [v.id, v.kind, v.issuer, Date.parse(v.issued_at)]) ??
      equal(d.document, v.document) ??
      (await signsTheSame(v)));
  }
  const agents = new Authorities(directories[files.agents.directory]);
  for (const v of [...files.agents.good, ...files.agents.bad]) {
    const at = Date.parse(v.now ?? files.agents.now);
    await expect('agents', v, () => lib.cose.open(bytesOf(v), agents, at), async (d) =>
      equal([d.id, d.kind, d.issuer, d.document.agent], [v.id, v.kind, v.issuer, v.document.agent]) ??
      equal(d.document, v.document) ??
      (await signsTheSame(v)));
  }
  // Ed25519 is deterministic: signing the document again with its key must give the vector's bytes.
  async function signsTheSame(v) {
    const device = await lib.key.signer(await keyPair(files.keys[v.key]));
    const document = v.kind === 'presentation' ? { pass: Uint8Array.from(v.document.pass) } : v.document;
    const sealed = await lib.cose.seal(v.kind, document, v.issuer, Date.parse(v.issued_at), device);
    return same(sealed.bytes, lib.bytes.fromHex(v.bytes));
  }

  const shown = files.presentations;
  for (const v of [...shown.good, ...shown.bad]) {
    const at = Date.parse(v.now ?? shown.now);
    await expect('presentations', v, () => lib.presentation.read(v.text, authorities.directory, at), async (p) => {
      const device = await lib.key.signer(await keyPair(files.keys.driver));
      const again = await lib.presentation.present(p.pass.bytes, p.madeAt, device);
      return equal([p.pass.id, p.driver, p.madeAt], [v.pass, v.driver, Date.parse(v.made_at)]) ??
        (again === v.text.trim() ? null : 'another text');
    });
  }

  for (const v of [...files.rotations.good, ...files.rotations.bad]) {
    const { terminal } = files.rotations;
    const at = Date.parse(v.at);
    await expect('rotations', v, async () => {
      const id = await editionIn(lib.bytes.fromHex(v.edition));
      // Bundles in force are read later than they were signed.
      const directory = await Directory.found(lib.bytes.fromHex(v.edition), id, at + 365 * 24 * 3600_000);
      const parties = new lib.rotations.Parties(directory, new lib.rotations.Rotations());
      for (const before of v.before) {
        const place = { log: before.log, at: Date.parse(before.at) };
        await parties.rotations.apply(await lib.cose.reopen(lib.bytes.fromHex(before.bytes)), terminal, place);
      }
      const signed = await lib.cose.open(lib.bytes.fromHex(v.bytes), parties.registeredBy(terminal), at);
      if (signed.kind === 'key-rotation') await parties.mayRotate(terminal, signed, at);
    }, () => null);
  }
  /** The id of a bundle's edition. @param {Uint8Array} bundle */
  async function editionIn(bundle) {
    const reader = new lib.cbor.Reader(bundle);
    const envelopes = [];
    reader.each(reader.array(), () => envelopes.push(reader.byteString()));
    return lib.bytes.toHex(await lib.bytes.sha256((await lib.cose.peek(envelopes[0], bundle.length)).payload));
  }
  return told;
}

/** JSON with sorted names, and byte strings as lists, as the vectors have them. */
function canonicalJson(value) {
  return JSON.stringify(value, (_, v) => {
    if (v instanceof Uint8Array) return [...v];
    if (v && typeof v === 'object' && !Array.isArray(v)) return Object.fromEntries(Object.entries(v).sort());
    return typeof v === 'bigint' ? Number(v) : v;
  });
}

/** A test key from its PEM: WebCrypto wants the public half too, so it comes by way of JWK. */
async function keyPair(pem) {
  const der = Uint8Array.from(atob(pem.replace(/-----[^-]+-----|\s/g, '')), (c) => c.charCodeAt(0));
  const privateKey = await crypto.subtle.importKey('pkcs8', der, 'Ed25519', true, ['sign']);
  const { kty, crv, x } = await crypto.subtle.exportKey('jwk', privateKey);
  const publicKey = await crypto.subtle.importKey('jwk', { kty, crv, x }, 'Ed25519', true, ['verify']);
  return { privateKey, publicKey };
}

/** Tampering that no vector has: every bit of one good document. */
export async function flipEveryBit(files, lib) {
  const { Directory, Authorities } = lib.directory;
  const edition = files.directory.good[0];
  const now = Date.parse(files.documents.now);
  const ring = new Authorities(await Directory.found(lib.bytes.fromHex(edition.bytes), edition.id, now));
  const bytes = lib.bytes.fromHex(files.documents.good.find((v) => v.name === 'pickup-pass').bytes);
  const passed = [];
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    const opened = await lib.cose.open(flipped, ring, now).then(() => true, () => false);
    if (opened) passed.push(bit);
  }
  return { bits: bytes.length * 8, passed };
}
