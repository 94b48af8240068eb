// A port of real nodes, each a `landside` process with a home of its own, and people who log in to them.

import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { ROOT } from './support.js';

const run = promisify(execFile);

/** The program; `tests/web/run` builds it. */
const PROGRAM = process.env.LANDSIDE ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug/landside');
/** Longest wait for a node to do something; a test that gets here has failed. */
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 100;
const PASSWORD = 'a lorry full of tulips';

/** Party, role, and whether it has a console. */
const PARTIES = [['line', 'line'], ['terminal', 'terminal'], ['customs', 'customs'], ['forwarder', 'forwarder'], ['haulier', 'haulier'], ['rival', 'haulier']];

/** A container by its number in a row, with its check digit (ISO 6346). */
export function container(serial) {
  const text = `PRTU${String(serial).padStart(6, '0')}`;
  // Values of letters leave out the multiples of 11.
  const value = (c) => (/\d/.test(c) ? Number(c) : [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].indexOf(c) + 10 + Math.floor(([...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].indexOf(c) + 9) / 10));
  const sum = [...text].reduce((all, c, place) => all + value(c) * 2 ** place, 0);
  return `${text}${(sum % 11) % 10}`;
}

/** Asks until the answer is as wanted. @param {string} what @param {() => Promise<any>} look */
export async function until(what, look) {
  const begun = Date.now();
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() - begun > PATIENCE_MS) throw new Error(`never: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, LOOK_EVERY_MS); });
  }
}

const freeUdp = () => new Promise((resolve) => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1', () => { const { port } = socket.address(); socket.close(() => resolve(port)); });
});
const freeTcp = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => { const { port } = server.address(); server.close(() => resolve(port)); });
});

export class Port {
  #children = new Map();

  static async open() {
    if (!existsSync(PROGRAM)) throw new Error(`no program at ${PROGRAM}: cargo build -p landside`);
    const port = new Port();
    port.dir = mkdtempSync(join(tmpdir(), 'landside-web-'));
    port.consoles = {};
    await port.#makeHomes();
    for (const [id] of PARTIES) await port.start(id);
    return port;
  }

  home = (id) => join(this.dir, id);

  async #makeHomes() {
    const draft = join(this.dir, 'draft.json');
    const bundle = join(this.dir, 'edition-1.bundle');
    const authority = join(this.dir, 'authority.pem');
    const [{ public_key: key }] = await this.program('directory', 'key', '-o', authority);
    await this.program('directory', 'new', '--network', 'screens', '--threshold', '1', '--authority', key, '-o', draft);
    for (const [id, role] of PARTIES) {
      const address = `127.0.0.1:${await freeUdp()}`;
      const [{ signing_key: signing, node_key: node }] = await this.program('--home', this.home(id), 'init', '--party', id, '--listen', address);
      await this.program('directory', 'add', draft, '--party', id, '--name', `The ${id}`, '--role', role, '--signing-key', signing, '--node-key', node, '--address', address);
      const port = await freeTcp();
      // Chromium takes localhost for a secure place.
      this.consoles[id] = `http://localhost:${port}`;
      this.configure(id, ['listen = ""', `listen = "127.0.0.1:${port}"`], ['zone = "UTC"', 'zone = "Africa/Dar_es_Salaam"'],
        ['retry_ms_max = 10000', 'retry_ms_max = 300'], ['early_minutes = 30', 'early_minutes = 720']);
    }
    await this.program('directory', 'sign', draft, '--key', authority, '-o', bundle);
    const [{ id: trust }] = await this.program('directory', 'show', bundle);
    for (const [id] of PARTIES) await this.program('--home', this.home(id), 'directory', 'install', bundle, '--trust', trust);
  }

  /** Changes settings of a node that does not run. @param {string} id @param {...[string, string]} changes */
  configure(id, ...changes) {
    const file = join(this.home(id), 'config.toml');
    let text = readFileSync(file, 'utf8');
    for (const [before, after] of changes) {
      if (!text.includes(before)) throw new Error(`${before} is no default any more`);
      text = text.replace(before, after);
    }
    writeFileSync(file, text);
  }

  async start(id) {
    const log = openSync(join(this.dir, `${id}.log`), 'a');
    const child = spawn(PROGRAM, ['--home', this.home(id), 'serve', '--with-stdin'], { stdio: ['pipe', 'ignore', log] });
    this.#children.set(id, child);
    await until(`${id} starts`, () => this.say(id, 'info').then(() => true, () => false));
  }

  /** `kill -9`. */
  async kill(id) {
    const child = this.#children.get(id);
    const ended = new Promise((resolve) => { child.once('exit', resolve); });
    child.kill('SIGKILL');
    await ended;
  }

  async close() {
    for (const child of this.#children.values()) child.kill('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Runs the program; gives the objects it prints. */
  async program(...args) {
    const { stdout } = await run(PROGRAM, ['--json', ...args], { maxBuffer: 64 * 1024 * 1024 });
    return stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  /** The same at a party's home. */
  say = (id, ...args) => this.program('--home', this.home(id), ...args);

  /** What the gate makes of a text: admitted or not, that is an answer. */
  async gate(text, plate) {
    const asked = run(PROGRAM, ['--json', '--home', this.home('terminal'), 'gate', 'check', text, '--plate', plate]);
    const { stdout } = await asked.catch((error) => error);
    return JSON.parse(stdout.trim().split('\n')[0]);
  }

  /** A container released, cleared, off the ship, and passed on to the haulier. */
  async withRight(number, bill) {
    const tomorrow = new Date(Date.now() + 5 * 24 * 3600_000).toISOString();
    await this.say('line', 'issue', 'release-order', '--container', number, '--bill', bill, '--terminal', 'terminal', '--terms.release_to', 'forwarder',
      '--terms.valid_until', tomorrow, '--terms.haulage', 'merchant', '--terms.empty_return.depot', 'TZDAR DEPOT 4');
    await until('customs and forwarder have the case', async () => {
      const looks = ['customs', 'forwarder'].map((id) => this.say(id, 'status', number).then(() => true, () => false));
      return (await Promise.all(looks.slice(1))).every(Boolean);
    });
    await this.say('customs', 'issue', 'customs-status', '--container', number, '--consignment', bill, '--terminal', 'terminal', '--status', 'released');
    await this.say('terminal', 'issue', 'arrival', '--container', number, '--available', 'true', '--cleared', 'true', '--position', 'yard', '--discharged_at', new Date(Date.now() - 3600_000).toISOString());
    await this.say('forwarder', 'pass', number, '--to', 'haulier');
    await until('the haulier holds the right', async () =>
      this.say('haulier', 'status', number).then(([seen]) => seen.right?.holder === 'haulier', () => false));
  }

  /** A person of a party, logged in at its console. */
  async person(id, login, name, role) {
    const [{ url }] = await this.say(id, 'people', 'add', login, '--name', name, '--role', role);
    const person = new Person(this.consoles[id]);
    await person.ask('POST', 'session/link', { token: url.split('#link=')[1], password: PASSWORD });
    return person;
  }
}

/** A logged-in person, as the screens would ask. */
export class Person {
  #cookie = '';

  constructor(origin) {
    this.origin = origin;
  }

  /** @param {string} method @param {string} path @param {any} [body] */
  async try(method, path, body) {
    const headers = { 'x-landside': '1', cookie: this.#cookie, ...(body && { 'content-type': 'application/json' }) };
    const answer = await fetch(`${this.origin}/api/v1/${path}`, { method, headers, body: body && JSON.stringify(body) });
    this.#cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? this.#cookie;
    return { status: answer.status, said: await answer.json().catch(() => null) };
  }

  async ask(method, path, body) {
    const { status, said } = await this.try(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(said)}`);
    return said;
  }

  issue = (kind, fields) => this.ask('POST', 'documents', { kind, fields });
}
