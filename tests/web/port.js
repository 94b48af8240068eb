// Ports of real nodes, each a `landside` process with a home of its own, and people who log in to them.

import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { ROOT } from './support.js';

const run = promisify(execFile);

/** Longest wait for a node to do something; a test that gets here has failed. */
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 50;
const OUTPUT_MAX = 64 * 1024 * 1024;
const PASSWORD = 'a lorry full of tulips';

/** The program: LANDSIDE, as `tests/web/run` sets it, or what cargo built last. */
export function program() {
  const found = process.env.LANDSIDE ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug/landside');
  if (!existsSync(found)) throw new Error(`no program at ${found}: cargo build -p landside`);
  return found;
}

/** Looks until something is there, and gives it. @param {{ toString(): string }} what @param {() => Promise<any>} look */
export async function until(what, look) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, LOOK_EVERY_MS); });
  }
}

const freeUdp = () => new Promise((resolve) => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1', () => { const { port } = socket.address(); socket.close(() => resolve(port)); });
});
const freeTcp = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => { const { port } = server.address(); server.close(() => resolve(port)); });
});

/** Nodes of some parties, in a directory that this port's own authority signed. */
export class Port {
  /** What each node has written to its log, by its id. @type {Map<string, string>} */
  logs = new Map();
  #children = new Map();
  #links = new Map();

  /**
   * Makes homes and directory, and starts all nodes.
   * @param {Record<string, [string, string]>} parties role and name by id
   * @param {...[string, string]} settings changes of the template of the configuration
   */
  static async open(parties, ...settings) {
    const port = new Port();
    port.dir = mkdtempSync(join(tmpdir(), 'landside-web-'));
    port.consoles = {};
    await port.#found(parties, settings);
    for (const id of Object.keys(parties)) await port.start(id);
    return port;
  }

  home = (id) => join(this.dir, id);

  async #found(parties, settings) {
    const [draft, bundle, authority] = ['draft.json', 'edition-1.bundle', 'authority.pem'].map((file) => join(this.dir, file));
    const [{ public_key: key }] = await this.program('directory', 'key', '-o', authority);
    await this.program('directory', 'new', '--network', 'screens', '--threshold', '1', '--authority', key, '-o', draft);
    for (const [id, [role, name]] of Object.entries(parties)) {
      const address = `127.0.0.1:${await freeUdp()}`;
      const [{ signing_key: signing, node_key: node }] = await this.program('--home', this.home(id), 'init', '--party', id, '--listen', address);
      await this.program('directory', 'add', draft, '--party', id, '--name', name, '--role', role, '--signing-key', signing, '--node-key', node, '--address', address);
      const port = await freeTcp();
      // Chromium takes localhost for a secure place.
      this.consoles[id] = `http://localhost:${port}`;
      this.configure(id, ['listen = ""', `listen = "127.0.0.1:${port}"`], ['retry_ms_max = 10000', 'retry_ms_max = 300'], ...settings);
    }
    await this.program('directory', 'sign', draft, '--key', authority, '-o', bundle);
    const [{ id: trust }] = await this.program('directory', 'show', bundle);
    for (const id of Object.keys(parties)) await this.program('--home', this.home(id), 'directory', 'install', bundle, '--trust', trust);
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
    const child = spawn(program(), ['--json', '--home', this.home(id), 'serve', '--with-stdin'], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#children.set(id, child);
    child.stderr.on('data', (part) => { this.logs.set(id, (this.logs.get(id) ?? '') + part); });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line);
      if (said.event === 'link') this.#links.set(id, said.url);
    });
    await until(`${id} starts`, () => {
      if (child.exitCode !== null) throw new Error(`${id} ended with ${child.exitCode}: ${this.logs.get(id)}`);
      return this.say(id, 'info').then(() => true, () => false);
    });
  }

  /** The link for the first administrator, which the node prints. */
  async link(id) {
    const { hash } = new URL(await until(`${id} prints a link`, async () => this.#links.get(id)));
    return `${this.consoles[id]}/${hash}`;
  }

  /** `kill -9`. */
  async kill(id) {
    const child = this.#children.get(id);
    const ended = new Promise((resolve) => { child.once('exit', resolve); });
    child.kill('SIGKILL');
    await ended;
  }

  async close() {
    await Promise.all([...this.#children].map(([id, child]) => child.exitCode === null && child.signalCode === null && this.kill(id)));
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Runs the program; gives the objects it prints. */
  async program(...args) {
    const { stdout } = await run(program(), ['--json', ...args], { maxBuffer: OUTPUT_MAX });
    return stdout.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  /** The same at a party's home. */
  say = (id, ...args) => this.program('--home', this.home(id), ...args);

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
