/** The node's JSON door (docs/OPERATING.md § The JSON door). */

/** Longest wait for an answer: the door answers within 30 s, or not at all. */
const ANSWER_MAX_MS = 35_000;

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
   * @param {{ json?: any, bytes?: Blob, signal?: AbortSignal, isFile?: boolean, isOfStranger?: boolean, isAnonymous?: boolean }} [what]
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
      answer = await fetch(new URL(path, this.root), { method, headers, body, signal, cache: 'no-store', credentials: what.isAnonymous ? 'omit' : 'same-origin' });
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

  /** As who is not logged in asks: no log-in is asked for. */
  asStranger = (/** @type {string} */ method, /** @type {string} */ path, /** @type {any} */ json = undefined) => this.ask(method, path, { json, isOfStranger: true });
  passkeys = () => this.ask('GET', 'session/passkeys');
  enrolPasskey = (/** @type {string} */ password) => this.ask('POST', 'session/passkeys/options', { json: { password } });
  addPasskey = (/** @type {string} */ name, /** @type {any} */ credential) => this.ask('POST', 'session/passkeys', { json: { name, credential } });
  removePasskey = (/** @type {string} */ id) => this.ask('DELETE', `session/passkeys/${encodeURIComponent(id)}`);
  endPasskeys = (/** @type {string} */ login) => this.ask('DELETE', `people/${encodeURIComponent(login)}/passkeys`);

  cases = (/** @type {any} */ of, /** @type {AbortSignal} */ signal) => this.ask('GET', `cases${query(of)}`, { signal });
  case = (/** @type {string} */ subject, /** @type {AbortSignal} */ signal) => this.ask('GET', `cases/${encodeURIComponent(subject)}?documents=1`, { signal });
  shares = async (/** @type {string} */ code) => (await this.ask('GET', `cases/${encodeURIComponent(code)}/shares`)).shares;
  share = (/** @type {string} */ code, /** @type {any} */ how) => this.ask('POST', `cases/${encodeURIComponent(code)}/shares`, { json: how });
  endShare = (/** @type {number} */ id) => this.ask('DELETE', `shares/${id}`);
  document = (/** @type {string} */ id) => this.ask('GET', `documents/${id}`);
  sign = (/** @type {string} */ kind, /** @type {any} */ fields) => this.ask('POST', 'documents', { json: { kind, fields } });
  figures = (/** @type {{ from: string, to: string, of: string }} */ of, /** @type {AbortSignal} */ signal) => this.ask('GET', `figures${query(of)}`, { signal });
  parties = async () => (await this.ask('GET', 'parties')).parties;
  drivers = async () => (await this.ask('GET', 'drivers')).drivers;
  inviteDriver = (/** @type {any} */ driver) => this.ask('POST', 'drivers', { json: driver });
  changePhone = (/** @type {number} */ id) => this.ask('POST', `drivers/${id}/phone`);
  closeDriver = (/** @type {number} */ id) => this.ask('DELETE', `drivers/${id}`);
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
}
