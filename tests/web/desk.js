// A party's node as far as the console sees it, made up: many cases, any answer, and a session that ends when a test says so.

import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';

import { ASSETS } from './support.js';
import { POLICY } from './server.js';

const ids = await import('../../crates/landside-web/assets/lib/ids.js');
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.json': 'application/json', '.svg': 'image/svg+xml' };
const HOUR = 3600_000;
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRTVWXYZ';

const containerOf = (n) => {
  const prefix = `MSKU${String(n).padStart(6, '0')}`;
  return `${prefix}${ids.containerCheckDigit(prefix)}`;
};

export function codeOf(n) {
  const digits = [...Array(8)].map((_, i) => Math.floor(n / 31 ** (7 - i)) % 31);
  const check = [9, 8, 7, 6, 5, 4, 3, 2].reduce((sum, weight, i) => sum + weight * digits[i], 0) % 31;
  const all = [...digits, check].map((d) => SYMBOLS[d]).join('');
  return `${all.slice(0, 4)}-${all.slice(4, 8)}-${all.slice(8)}`;
}

const LACKING = [
  [{ code: 'customs-silent', detail: 'customs has not spoken', owed_by: 'customs' }],
  [{ code: 'not-arrived', detail: 'not off the ship', owed_by: 'terminal' }, { code: 'customs-silent', detail: 'customs has not spoken', owed_by: 'customs' }],
  [{ code: 'hold', detail: 'freight hold: unpaid', owed_by: 'line' }],
  [{ code: 'driver-missing', detail: 'no driver', owed_by: 'forwarder' }, { code: 'slot-missing', detail: 'no slot', owed_by: 'forwarder' }],
  [],
];

/** Some cases, those that wait for the party first, the oldest first. */
export function lines(count, now, party = 'line') {
  const made = [...Array(count)].map((_, n) => {
    const needs = LACKING[n % LACKING.length];
    const slot = n % 7 === 2 ? { from: new Date(now + (n % 5) * HOUR).toISOString(), until: new Date(now + (n % 5 + 1) * HOUR).toISOString() } : undefined;
    return {
      event: 'case-line', code: codeOf(n + 1), container: containerOf(n + 1), terminal: 'terminal', state: 'open', bills: [`MEDU${100000 + n}`],
      lights: { commercial: n % 5 === 2 ? 'red' : 'green', customs: n % 5 < 2 ? 'red' : 'green', terminal: n % 5 === 1 ? 'red' : n % 11 === 0 ? 'overridden' : 'green' },
      needs, waits_for: needs[0]?.owed_by ?? null, waits_for_me: needs.some((need) => need.owed_by === party), pass: needs.length === 0, admitted: false,
      opened_at: new Date(now - (count - n) * 60_000).toISOString(), changed_at: new Date(now).toISOString(), ...(n % 3 === 0 ? { plate: `T-${100 + n}-ABC` } : {}), ...(slot ? { slot } : {}),
    };
  });
  return [...made.filter((line) => line.waits_for_me), ...made.filter((line) => !line.waits_for_me)];
}

export class Desk {
  cases = [];
  /** Closed cases, the latest first: a search finds them. */
  closed = [];
  /** Overdue needs and answers by who owes them. */
  overdue = {};
  pending = [];
  shares = [];
  people = [{ login: 'wang.wei', name: 'Wang Wei', role: 'admin', state: 'active', added_at: '2026-11-01T08:00:00.000Z' }];
  parties = [
    { id: 'line', name: 'Northern Sparrow Line', roles: ['line'] }, { id: 'terminal', name: 'Lower Stream Terminal', roles: ['terminal'] },
    { id: 'customs', name: 'Port Customs', roles: ['customs'] }, { id: 'forwarder', name: 'Brandt Forwarding', roles: ['forwarder'] }, { id: 'haulier', name: 'Polder Trucking', roles: ['haulier'] },
  ];
  /** What was asked, in order. */
  asked = [];
  /** Answers by `METHOD path`, for what a test wants answered otherwise: [status, value]. */
  answers = new Map();
  isLoggedIn = true;
  /** Whether the network is cut: nothing is answered. */
  isCut = false;
  /** Tries to reach it while it was. */
  tries = 0;
  #streams = new Set();
  #events = 0;

  constructor(session = {}) {
    this.now = Date.now();
    this.session = {
      login: 'wang.wei', name: 'Wang Wei', role: 'admin', may: ['sign', 'gate', 'approve', 'import', 'share', 'people'], party: 'line', party_name: 'Northern Sparrow Line',
      party_roles: ['line'], zone: 'Asia/Shanghai', language: 'en', ends_at: new Date(this.now + HOUR).toISOString(), ...session,
    };
  }

  async listen(port = 0) {
    this.server = createServer((request, response) => this.#serve(request, response).catch((error) => response.writeHead(500).end(String(error.stack))));
    await new Promise((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    this.origin = `http://localhost:${this.server.address().port}`;
    return this;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Something happens. */
  tell(name, event) {
    this.#events += 1;
    for (const stream of this.#streams) stream.write(`id: 1-${this.#events}\nevent: ${name}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  /** A case becomes another, and every screen is told. */
  change(code, line) {
    this.cases = this.cases.flatMap((one) => (one.code === code ? (line ? [{ ...one, ...line }] : []) : [one]));
    this.tell('taken', { event: 'taken', id: 'f'.repeat(64), kind: 'hold', issuer: 'line', case: code, at: new Date().toISOString() });
    this.tell('board', { event: 'board' });
  }

  /** The network is cut just when the streams end in order, and browsers were told to come back at once. */
  cut() {
    this.isCut = true;
    for (const stream of this.#streams) stream.end('retry: 50\n\n');
  }

  get listeners() {
    return this.#streams.size;
  }

  async #serve(request, response) {
    if (this.isCut) {
      this.tries += 1;
      return void request.socket.destroy();
    }
    const url = new URL(request.url, this.origin);
    if (url.pathname.startsWith('/api/v1/')) return this.#api(request, response, url);
    const path = url.pathname.endsWith('/') ? `${url.pathname}index.html` : url.pathname;
    const file = join(ASSETS, normalize(path));
    if (!existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff' }).end(readFileSync(file));
  }

  async #api(request, response, url) {
    const what = url.pathname.slice('/api/v1/'.length);
    const body = await new Promise((resolve) => {
      const parts = [];
      request.on('data', (part) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts)));
    });
    const asked = `${request.method} ${what}`;
    const isRead = request.method === 'GET';
    const json = body.length > 0 && body[0] === 0x7b ? JSON.parse(body) : null;
    this.asked.push({ asked, query: Object.fromEntries(url.searchParams), json });
    const say = (status, value) => response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' }).end(value === null ? undefined : JSON.stringify(value));
    if (!isRead && request.headers['x-landside'] !== '1') return say(403, { code: 'request-foreign' });
    const answer = this.answers.get(asked);
    if (answer) return say(...(typeof answer === 'function' ? answer(json) : answer));
    if (asked === 'POST session') {
      if (json.password !== 'a long enough one') return say(401, { code: 'login-wrong', detail: 'login name or password is wrong' });
      this.isLoggedIn = true;
      return say(200, this.#who());
    }
    if (!this.isLoggedIn) return say(401, { code: 'not-logged-in', detail: 'log in first' });
    if (asked === 'DELETE session') {
      this.isLoggedIn = false;
      return say(204, null);
    }
    if (what === 'session/language') this.session.language = json.language;
    if (what.startsWith('session')) return say(200, this.#who());
    if (asked === 'GET events') return this.#stream(request, response);
    if (asked === 'GET parties') return say(200, { parties: this.parties });
    if (asked === 'GET pending') return say(200, { pending: this.pending });
    if (asked === 'GET people') return say(200, { people: this.people });
    if (asked === 'POST people') return say(200, { event: 'link', login: json.login, url: `${this.origin}/#link=abc`, until: new Date(this.now + 24 * HOUR).toISOString() });
    if (asked === 'GET cases') return say(200, this.#list(url.searchParams));
    if (what.endsWith('/shares')) return this.#shares(what.split('/')[1], json, say);
    if (what.startsWith('shares/')) {
      const share = this.shares.find((one) => one.share === Number(what.slice(7)));
      if (!share) return say(404, { code: 'share-unknown', detail: 'no link here has this number' });
      Object.assign(share, { state: 'revoked', revoked_at: new Date().toISOString(), revoked_by: { login: this.session.login, name: this.session.name, role: this.session.role } });
      return say(200, share);
    }
    if (what.startsWith('cases/')) return this.#one(decodeURIComponent(what.slice(6)), say);
    if (asked === 'POST documents') return say(200, { event: 'issued', kind: json.kind, outcome: 'accepted', id: '0'.repeat(64), log: 7 });
    return say(404, { code: 'path-unknown', detail: 'nothing is served at this path' });
  }

  /** Links of a case: listed, or one made. */
  #shares(code, json, say) {
    const of = this.shares.filter((one) => one.case === code);
    if (!json) return say(200, { shares: of });
    const { login, name, role } = this.session;
    const at = Date.now();
    const share = { event: 'share', share: this.shares.length + 1, case: code, made_at: new Date(at).toISOString(), until: new Date(at + json.days * 24 * HOUR).toISOString(), state: 'good', label: json.label, made_by: { login, name, role } };
    this.shares.unshift(share);
    return say(200, { ...share, url: `${this.origin}/share/#token-${share.share}`, path: `/share/#token-${share.share}` });
  }

  #who = () => ({ ...this.session, now: new Date().toISOString() });

  #list(query) {
    const plain = (text) => text.replace(/[^\p{L}\p{N}]/gu, '').toUpperCase();
    const sought = plain(query.get('q') ?? '');
    let found = this.cases.filter((line) => query.get('mine') !== '1' || line.waits_for_me);
    if (sought) found = found.filter((line) => [line.container, line.code, line.plate ?? '', ...line.bills].some((text) => plain(text).includes(sought)));
    const from = query.get('after') ? found.findIndex((line) => line.code === query.get('after')) + 1 : 0;
    const cases = found.slice(from, from + Math.min(200, Number(query.get('limit') ?? 50)));
    const isLast = from + cases.length >= found.length;
    const left = sought && !query.get('after') && query.get('mine') !== '1' ? this.closed.filter((line) => [line.container, line.code, line.plate ?? '', line.driver ?? ''].some((text) => plain(text).includes(sought))) : [];
    const [closed, closed_more] = [left.slice(0, 50), left.length > 50];
    return { closed, closed_more, cases, next: isLast ? null : cases.at(-1).code, open: this.cases.length, mine: this.cases.filter((line) => line.waits_for_me).length, complete: true, overdue: this.overdue };
  }

  #one(subject, say) {
    const line = this.cases.find((one) => one.code === subject || one.container === subject);
    if (!line) return say(404, { code: 'case-unknown', detail: `no case of ${subject} is known here` });
    return say(200, this.detail ? this.detail(line) : caseOf(line));
  }

  #stream(request, response) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`retry: 200\nid: 1-${this.#events}\nevent: open\ndata: {}\n\n`);
    // Another start of the node does not know the number.
    if (request.headers['last-event-id'] && this.#events === 0) response.write('event: missed\ndata: {}\n\n');
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }
}

/** A whole case of a line: released, held, customs silent. */
export function caseOf(line) {
  const at = '2026-11-23T06:00:00.000Z';
  const until = new Date(Date.now() + 96 * HOUR).toISOString();
  return {
    event: 'case', code: line.code, container: line.container, terminal: 'terminal', state: 'open', incomplete: false, part: false, box: { size_type: '45G1', position: 'B12' },
    lights: line.lights, right: { holder: 'haulier', head: '1'.repeat(64), hops: [{ holder: 'forwarder', document: '1'.repeat(64) }, { holder: 'haulier', document: '2'.repeat(64) }] },
    driver: { key: `ed25519:${'a'.repeat(64)}`, plate: 'T-417-KLM', name: 'Juma Ally' }, slot: { state: 'none' }, pass: null, needs: line.needs, overrides: [], gate_out: null,
    timeline: [
      { place: 0, log: 3, at, kind: 'release-order', id: '1'.repeat(64), issuer: 'line', words: 'releases', signed_by: { login: 'wang.wei', name: 'Wang Wei', role: 'clerk', at }, payload: { visit: {}, bill: line.bills[0], terms: { release_to: 'forwarder', valid_until: until, haulage: 'merchant', empty_return: { depot: 'TZDAR DEPOT 4' } } } },
      { place: 1, log: 5, at, kind: 'arrival', id: '5'.repeat(64), issuer: 'terminal', words: 'discharged', payload: { visit: {}, discharged_at: at, available: true, cleared: true, position: 'B12' } },
      { place: 2, log: 8, at, kind: 'pass-right', id: '2'.repeat(64), issuer: 'forwarder', words: 'passes the right', payload: { visit: {}, to: 'haulier', limits: { until } } },
      { place: 3, log: 9, at, kind: 'hold', id: '3'.repeat(64), issuer: 'line', words: 'freight hold: unpaid', payload: { visit: {}, hold_type: 'freight', reason: 'unpaid' } },
    ],
  };
}
