// Real nodes of a small port on this machine, each in a process of its own, with a console.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { ROOT } from './support.js';

const PATIENCE_MS = 60_000;

/** The program: LANDSIDE, or what cargo built last. */
export function program() {
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
  const found = [process.env.LANDSIDE, join(target, 'debug/landside'), join(target, 'release/landside')].filter(Boolean).find(existsSync);
  if (!found) throw new Error(`no landside in ${target}; run: cargo build -p landside`);
  return found;
}

/** An address of this machine where nothing listens. */
async function free() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

export class Port {
  dir = mkdtempSync(join(tmpdir(), 'landside-console-'));
  nodes = new Map();
  /** What each node has written to its log, by its id. */
  logs = new Map();

  run(...args) {
    const lines = execFileSync(program(), ['--json', ...args], { encoding: 'utf8', cwd: this.dir, stdio: ['ignore', 'pipe', 'pipe'] });
    return lines.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  /** Homes for parties, each with one role, and the directory that lists them. @param {Record<string, [string, string]>} parties role and name by id */
  async found(parties, settings = (text) => text) {
    this.run('directory', 'key', '-o', 'authority.pem');
    const authority = this.run('key', 'show', '--file', 'authority.pem').find((line) => line.public_key).public_key;
    this.run('directory', 'new', '--network', 'test-port', '--authority', authority, '--threshold', '1', '-o', 'draft.json');
    for (const [id, [role, name]] of Object.entries(parties)) {
      const address = await free();
      const keys = this.run('init', `./${id}`, '--party', id, '--listen', address).filter((line) => line.event === 'home')[0];
      this.run('directory', 'add', 'draft.json', '--party', id, '--name', name, '--role', role, '--address', address, '--signing-key', keys.signing_key, '--node-key', keys.node_key);
      const file = join(this.dir, id, 'config.toml');
      const text = readFileSync(file, 'utf8').replace('listen = ""', `listen = "${await free()}"`).replace('zone = "UTC"', 'zone = "Asia/Shanghai"').replace('retry_ms_max = 10000', 'retry_ms_max = 500');
      writeFileSync(file, settings(text, id));
    }
    this.run('directory', 'sign', 'draft.json', '--key', 'authority.pem', '-o', 'parties.bundle');
    const { id } = this.run('directory', 'show', 'parties.bundle').find((line) => line.id);
    for (const party of Object.keys(parties)) this.run('--home', party, 'directory', 'install', 'parties.bundle', '--trust', id);
    return this;
  }

  /** Starts a node; gives the link that it prints for the first administrator. */
  async start(id) {
    const child = spawn(program(), ['--json', '--home', join(this.dir, id), 'serve'], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.nodes.set(id, child);
    let log = '';
    child.stderr.on('data', (part) => {
      log = (log + part).slice(-8000);
      this.logs.set(id, (this.logs.get(id) ?? '') + part);
    });
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${id} printed no link: ${log}`)), PATIENCE_MS);
      child.on('exit', (code) => reject(new Error(`${id} ended with ${code}: ${log}`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        const said = JSON.parse(line);
        if (said.event !== 'link') return;
        clearTimeout(late);
        resolve(said.url);
      });
    });
  }

  async close() {
    await Promise.all([...this.nodes.values()].map((child) => new Promise((resolve) => {
      child.removeAllListeners('exit');
      child.on('exit', resolve);
      child.kill('SIGTERM');
    })));
    rmSync(this.dir, { recursive: true, force: true });
  }
}
