// A whole port of real nodes: `landside demo --stay`, with what people at other counters do on the way to the gate.

import { spawn, spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { program, until } from './port.js';
import { library } from './support.js';
import { containerCheckDigit } from '../../crates/landside-web/assets/lib/ids.js';

const lib = await library();
const HOUR = 3600_000;
const iso = (at) => new Date(at).toISOString();

/** The parties of the demo. */
export class Demo {
  homes = new Map();
  /** Who can log in where, by login name. */
  people = new Map();
  #serial = 200;

  static async start() {
    const port = new Demo();
    port.program = program();
    port.demo = spawn(port.program, ['--json', 'demo', '--stay'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    port.demo.stderr.on('data', (part) => { said += part; });
    for await (const line of createInterface({ input: port.demo.stdout })) {
      const event = JSON.parse(line);
      if (event.event === 'demo-stays') port.homes.set(event.name, event.home);
      if (event.event === 'demo-console') port.people.set(event.login, event);
      if (event.event === 'demo-next') break;
    }
    if (port.people.size === 0) throw new Error(`the demo did not stay: ${said}`);
    const shown = spawnSync(port.program, ['--json', '--home', port.homes.get('driver'), 'key', 'show'], { encoding: 'utf8' });
    port.driver = shown.stdout.trim().split('\n').map((line) => JSON.parse(line)).find((key) => key.public_key).public_key;
    return port;
  }

  async stop() {
    const ended = new Promise((resolve) => this.demo.once('exit', resolve));
    this.demo.kill('SIGTERM');
    await ended;
  }

  /** Asks a node over its control socket. */
  ask(who, request) {
    return new Promise((resolve, reject) => {
      const lines = [];
      const socket = connect(join(this.homes.get(who), 'control.sock'));
      socket.on('error', reject);
      socket.write(`${JSON.stringify(request)}\n`);
      createInterface({ input: socket }).on('line', (line) => {
        const object = JSON.parse(line);
        if ('exit' in object) {
          socket.end();
          resolve({ lines, done: object });
        } else lines.push(object);
      });
    });
  }

  /** Has a node sign something, as soon as it knows of what the document builds on. */
  async say(who, kind, fields) {
    const what = { toString: () => `${who} signs ${kind}: ${what.last}`, last: '' };
    return until(what, async () => {
      const { lines, done } = await this.ask(who, { verb: 'issue', kind, fields: { terminal: 'delta-terminal', ...fields }, wait_ms: 4000 });
      what.last = JSON.stringify([...lines, done]);
      if (done.exit === 0 && lines[0]?.outcome !== 'queued') return lines[0];
      return lines[0]?.outcome === 'refused' || done.exit === 2 ? Promise.reject(new Error(String(what))) : null;
    });
  }

  async status(container, who = 'delta-terminal') {
    return (await this.ask(who, { verb: 'status', subject: container })).lines[0];
  }

  /** The text that the driver shows now. */
  async present(container) {
    return until(`the driver has the pass of ${container}`, async () => (await this.ask('driver', { verb: 'present', container })).lines[0]?.text);
  }

  /** What the driver's phone would have shown at another time: a picture of its screen. */
  async picture(container, at) {
    const { pass } = await this.status(container);
    const { bytes } = (await this.ask('delta-terminal', { verb: 'document', id: pass.id })).lines[0];
    const pem = readFileSync(join(this.homes.get('driver'), 'keys/signing.pem'), 'utf8');
    const [pkcs8, spki] = [createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' }), createPublicKey(pem).export({ type: 'spki', format: 'der' })];
    const device = await lib.key.signer({
      privateKey: await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign']),
      publicKey: await crypto.subtle.importKey('spki', spki, 'Ed25519', true, ['verify']),
    });
    return lib.presentation.present(lib.bytes.fromHex(bytes), at, device);
  }

  /** How often the gate has decided on a container. */
  async decisions(container) {
    return (await this.status(container)).timeline.filter((step) => step.kind === 'gate-decision').length;
  }

  /** Ends nodes, in order, as their operators do. */
  async silence(...names) {
    for (const name of names) await this.ask(name, { verb: 'stop' });
  }

  /** A container that is released, on its way to the gate; `less` leaves steps out. */
  async box(plate, { less = [] } = {}) {
    const unchecked = `NSLU${String(++this.#serial).padStart(6, '0')}`;
    const container = `${unchecked}${containerCheckDigit(unchecked)}`;
    const bill = `NSLB-${container}`;
    const does = (step) => !less.includes(step);
    await this.say('northsea-line', 'release-order', { container, bill, terms: { release_to: 'brandt-forwarding', valid_until: iso(Date.now() + 240 * HOUR), haulage: 'merchant' } });
    if (does('right')) {
      await this.say('brandt-forwarding', 'pass-right', { container, to: 'polder-trucking' });
      await this.say('polder-trucking', 'driver-binding', { container, driver: this.driver, plate });
      await this.say('polder-trucking', 'slot-request', { container, window: { from: iso(Date.now()), until: iso(Date.now() + HOUR) } });
    }
    await this.say('delta-terminal', 'arrival', { container, discharged_at: iso(Date.now()), available: true, cleared: does('clear'), position: 'yard' });
    if (does('customs')) await this.say('port-customs', 'customs-status', { container, status: 'released', consignment: bill });
    if (['right', 'customs', 'clear'].every(does)) await this.present(container);
    return container;
  }

  /** The driver signs the receipt that the terminal signed. */
  countersign(container) {
    return this.say('driver', 'interchange-receipt', { container });
  }
}
