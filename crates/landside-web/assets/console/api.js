/** The node's JSON door (docs/OPERATING.md § The JSON door), and its stream of events. */

/** Longest wait for an answer: the door answers within 30 s, or not at all. */
const ANSWER_MAX_MS = 35_000;

/** First and longest pause before a stream that was closed for good is opened anew, in ms. */
const AGAIN_MIN_MS = 2000;
const AGAIN_MAX_MS = 30_000;

/** Why something was not done: the node's own stable code. `unreachable` when it was not to be had. */
export class Problem extends Error {
  /** @param {number} status @param {{ code: string, detail?: string, remedy?: string, answer?: any }} said */
  constructor(status, said) {
    super(`${said.code}: ${said.detail ?? ''}`);
    this.name = 'Problem';
    this.status = status;
    this.code = said.code;
    this.detail = said.detail ?? '';
    this.remedy = said.remedy ?? '';
    this.answer = said.answer ?? null;
  }
}

/** @param {Response} answer */
async function problem(answer) {
  const said = await answer.json().catch(() => ({ code: 'console-broken' }));
  const after = Number(answer.headers.get('retry-after'));
  return Object.assign(new Problem(answer.status, said), { after: Number.isFinite(after) ? after : 0 });
}

const query = (/** @type {Record<string, any>} */ values) => {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
};

export class Api {
  /**
   * @param {URL} root where the door is
   * @param {() => Promise<void>} [logInAnew] called when the session is over; what was asked is asked again after it
   */
  constructor(root, logInAnew) {
    this.root = root;
    this.logInAnew = logInAnew;
  }

  /**
   * @param {string} method @param {string} path
   * @param {{ json?: any, bytes?: Blob, signal?: AbortSignal, isFile?: boolean, isOfStranger?: boolean }} [what]
   * @returns {Promise<any>}
   * @throws {Problem}
   */
  async ask(method, path, what = {}) {
    const headers = method === 'GET' ? {} : { 'X-Landside': '1' };
    const body = what.json === undefined ? what.bytes : JSON.stringify(what.json);
    const ends = AbortSignal.timeout(ANSWER_MAX_MS);
    const signal = what.signal ? AbortSignal.any([what.signal, ends]) : ends;
    let answer;
    try {
      answer = await fetch(new URL(path, this.root), { method, headers, body, signal, cache: 'no-store' });
    } catch (error) {
      if (what.signal?.aborted) throw error;
      throw new Problem(0, { code: 'unreachable' });
    }
    if (answer.ok && what.isFile) return answer.blob();
    if (answer.ok) return answer.status === 204 ? null : answer.json();
    const said = await problem(answer);
    if (said.code !== 'not-logged-in' || what.isOfStranger || !this.logInAnew) throw said;
    await this.logInAnew();
    return this.ask(method, path, what);
  }

  session = () => this.ask('GET', 'session', { isOfStranger: true });
  logIn = (/** @type {string} */ login, /** @type {string} */ password) => this.ask('POST', 'session', { json: { login, password }, isOfStranger: true });
  logOut = () => this.ask('DELETE', 'session', { isOfStranger: true });
  lookAt = (/** @type {string} */ token) => this.ask('POST', 'session/link/look', { json: { token }, isOfStranger: true });
  follow = (/** @type {any} */ chosen) => this.ask('POST', 'session/link', { json: chosen, isOfStranger: true });
  changePassword = (/** @type {string} */ old, /** @type {string} */ next) => this.ask('PUT', 'session/password', { json: { old, new: next } });
  speak = (/** @type {string} */ language) => this.ask('PUT', 'session/language', { json: { language } });

  cases = (/** @type {any} */ of, /** @type {AbortSignal} */ signal) => this.ask('GET', `cases${query(of)}`, { signal });
  case = (/** @type {string} */ subject, /** @type {AbortSignal} */ signal) => this.ask('GET', `cases/${encodeURIComponent(subject)}?documents=1`, { signal });
  document = (/** @type {string} */ id) => this.ask('GET', `documents/${id}`);
  sign = (/** @type {string} */ kind, /** @type {any} */ fields) => this.ask('POST', 'documents', { json: { kind, fields } });
  figures = (/** @type {{ from: string, to: string, of: string }} */ of, /** @type {AbortSignal} */ signal) => this.ask('GET', `figures${query(of)}`, { signal });
  parties = async () => (await this.ask('GET', 'parties')).parties;
  drivers = async () => (await this.ask('GET', 'drivers')).drivers;
  pending = async () => (await this.ask('GET', 'pending')).pending;
  approve = (/** @type {string} */ id) => this.ask('POST', 'approve', { json: { id } });
  decline = (/** @type {string} */ id) => this.ask('POST', 'decline', { json: { id } });
  evidence = (/** @type {string} */ subject) => this.ask('GET', `evidence/${encodeURIComponent(subject)}`, { isFile: true });
  verify = (/** @type {Blob} */ file, /** @type {string} */ trust) => this.ask('POST', `evidence/verify${query({ trust })}`, { bytes: file });
  import = (/** @type {Blob} */ file, /** @type {any} */ how) => this.ask('POST', `import${query(how)}`, { bytes: file });
  people = async () => (await this.ask('GET', 'people')).people;
  addPerson = (/** @type {any} */ person) => this.ask('POST', 'people', { json: person });
  closePerson = (/** @type {string} */ login) => this.ask('DELETE', `people/${encodeURIComponent(login)}`);
  resetPerson = (/** @type {string} */ login) => this.ask('POST', `people/${encodeURIComponent(login)}/reset`);

  /**
   * Listens to what happens for as long as the page is open. The browser comes back by itself behind the last event it
   * had; a stream refused for good (the session is over, too many listen) is opened anew here.
   * @param {(name: string, event: any) => void} happened
   * @param {(isLive: boolean) => void} turned
   */
  listen(happened, turned) {
    let pause = AGAIN_MIN_MS;
    const open = () => {
      const source = new EventSource(new URL('events', this.root));
      for (const name of ['taken', 'answered', 'board', 'missed']) {
        source.addEventListener(name, (event) => happened(name, JSON.parse(/** @type {MessageEvent} */ (event).data)));
      }
      source.addEventListener('open', () => {
        pause = AGAIN_MIN_MS;
        turned(true);
      });
      source.addEventListener('error', () => {
        turned(source.readyState === EventSource.OPEN);
        if (source.readyState !== EventSource.CLOSED) return;
        setTimeout(async () => {
          pause = Math.min(AGAIN_MAX_MS, 2 * pause);
          // Tells a session that is over, and has somebody log in.
          await this.ask('GET', 'session').catch(() => {});
          open();
          happened('missed', {});
        }, pause);
      });
    };
    open();
  }
}
