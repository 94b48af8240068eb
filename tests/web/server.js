// A haulier's node as far as the driver app sees it: the assets with a strict policy, and the interface of API.md.

import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';

import { ASSETS, library } from './support.js';
import { EDITION, START } from './world.js';

const lib = await library();
const { FEED } = await import('../../crates/landside-web/assets/driver/api.js');

export const POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.json': 'application/json', '.svg': 'image/svg+xml', '.webmanifest': 'application/manifest+json' };

class Problem extends Error {
  constructor(status, code) {
    super(code);
    Object.assign(this, { status, code });
  }
}

export class Node {
  documents = [];
  received = [];
  photos = new Map();
  secrets = new Set([lib.bytes.toBase64Url(new Uint8Array(16).fill(7))]);
  key = null;
  /** What the node answers to a document that a phone sends. */
  answer = { outcome: 'accepted' };
  /** Bundles of the editions after the first. */
  editions = [];
  /** Whether nothing of the node is reached, as where there is no network: a browser that plays so lets some questions through. */
  isAway = false;
  /** Whether the haulier has taken this phone back. */
  isClosed = false;
  /** Whether it holds every question for documents until some come. */
  isPatient = false;
  /** How long each question for documents might have been held, in seconds. @type {number[]} */
  waits = [];
  /** Files that are served changed, by path. */
  rewrites = new Map();
  #waiting = new Set();
  #challenges = new Set();
  #tokens = new Set();

  /** @param {string} [folder] of more pages for a test */
  async listen(folder) {
    this.folder = folder;
    const began = Date.now();
    this.now = () => START + (Date.now() - began);
    this.server = createServer((request, response) => this.#serve(request, response).catch((error) => {
      const status = error.status ?? 500;
      if (status === 500) console.error(error);
      response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ code: error.code ?? 'broken', detail: error.message }));
    }));
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.origin = `http://localhost:${this.server.address().port}`;
    return this;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Hands a document to the phone. */
  push(signed, { code = 'PGRD-J1GD-W', bytes = signed.bytes, at: registered = signed.issuedAt, terminal, log } = {}) {
    const isInCase = !['driver-credential', 'key-rotation'].includes(signed.kind);
    const at = new Date(registered).toISOString();
    this.documents.push({ number: this.documents.length + 1, at, ...(isInCase ? { code } : {}), envelope: bytes, terminal, log });
    for (const wake of this.#waiting) wake();
  }

  forgetSessions() {
    this.#tokens.clear();
  }

  async #serve(request, response) {
    const url = new URL(request.url, this.origin);
    if (this.isAway) return request.socket.destroy();
    if (url.pathname.startsWith('/driver/api/')) return this.#api(request, response, url);
    const path = url.pathname.endsWith('/') ? `${url.pathname}index.html` : url.pathname;
    const file = [ASSETS, this.folder].filter(Boolean).map((root) => join(root, normalize(path))).find(existsSync);
    if (!file) throw new Problem(404, 'path-unknown');
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff', 'cache-control': 'no-cache',
    }).end(this.rewrites.has(path) ? this.rewrites.get(path)(readFileSync(file, 'utf8')) : readFileSync(file));
  }

  async #api(request, response, url) {
    const what = url.pathname.slice('/driver/api/'.length);
    const body = await new Promise((resolve) => {
      const parts = [];
      request.on('data', (part) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts)));
    });
    const json = (value) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (what === 'enrol') return json(await this.#enrol(JSON.parse(body)));
    if (what === 'challenge') return json({ challenge: this.#challenge() });
    if (what === 'session') return json(await this.#session(JSON.parse(body)));
    if (what === 'directory') {
      const isFirst = url.searchParams.get('id') === EDITION.id;
      const bundle = isFirst ? lib.bytes.fromHex(EDITION.bytes) : this.editions[Number(url.searchParams.get('after') ?? NaN) - 1];
      return bundle ? response.writeHead(200, { 'content-type': 'application/cbor' }).end(bundle) : response.writeHead(204).end();
    }
    if (!this.#tokens.has(request.headers.authorization?.replace('Bearer ', ''))) throw new Problem(401, 'session-over');
    if (what === 'documents' && request.method === 'GET') return this.#feed(url.searchParams, request, response);
    if (what === 'documents') {
      this.received.push(new Uint8Array(body));
      return json(this.answer);
    }
    if (what.startsWith('photos/')) {
      this.photos.set(what.slice(7), new Uint8Array(body));
      return response.writeHead(201).end();
    }
    throw new Problem(404, 'path-unknown');
  }

  #challenge() {
    const challenge = lib.bytes.toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
    this.#challenges.add(challenge);
    return challenge;
  }

  async #holdProof({ key, proof }, purpose, challenge) {
    const message = lib.bytes.utf8(`landside driver ${purpose} v1\n${this.origin}\n${challenge}\n`);
    await lib.key.verify(lib.key.keyBytes(key), message, lib.bytes.fromBase64Url(proof)).catch(() => {
      throw new Problem(403, 'proof-wrong');
    });
  }

  async #enrol(said) {
    await this.#holdProof(said, 'enrol', said.secret);
    if (!this.secrets.delete(said.secret)) throw new Problem(403, 'invitation-used');
    this.key = said.key;
    return { zone: 'Africa/Dar_es_Salaam' };
  }

  async #session(said) {
    if (!this.#challenges.delete(said.challenge)) throw new Problem(403, 'challenge-unknown');
    await this.#holdProof(said, 'session', said.challenge);
    if (this.isClosed) throw new Problem(403, 'key-unknown');
    const token = this.#challenge();
    this.#tokens.add(token);
    return { token };
  }

  async #feed(asked, request, response) {
    const [after, wait] = ['after', 'wait'].map((name) => Number(asked.get(name)));
    this.waits.push(wait);
    if (this.documents.length <= after && wait > 0) {
      await new Promise((resolve) => {
        this.#waiting.add(resolve);
        request.on('close', resolve);
        response.on('close', resolve);
        if (!this.isPatient) setTimeout(resolve, 2000).unref();
      });
    }
    const writer = new lib.cbor.Writer();
    FEED.write(writer, { next: this.documents.length, now: new Date(this.now()).toISOString(), edition: 1 + this.editions.length, documents: this.documents.slice(after) });
    response.writeHead(200, { 'content-type': 'application/cbor' }).end(writer.done());
  }
}
