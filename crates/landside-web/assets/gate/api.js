/** What the screen asks of its node: requests of the JSON door, and its events. */

import { Live } from '../lib/live.js';

/** The door, wherever the console is. */
const DOOR = new URL('../api/v1/', import.meta.url);
/** A file that is served without a log-in: to see whether the node answers, and no session is kept awake by it. */
const HEARTBEAT = new URL('../robots.txt', import.meta.url);

/** Longest wait for an answer: the node itself waits 4 s for a registrar. */
export const ANSWER_MAX_MS = 10_000;
/** Longest wait for a sign of life. */
export const HEARTBEAT_MAX_MS = 4_000;
/** Longest pause between two tries to reach a node that is lost: a truck waits. */
const AGAIN_MAX_MS = 8_000;

/** No answer came: what was asked may have been done or not. */
export class Unreachable extends Error {}

/** The node answered that it does not do it. */
export class Problem extends Error {
  /** @param {number} status @param {any} said the problem details */
  constructor(status, said) {
    super(`${said?.code ?? status}: ${said?.detail ?? ''}`);
    this.status = status;
    /** @type {string} */
    this.code = said?.code ?? 'console-broken';
    /** @type {string} */
    this.detail = said?.detail ?? '';
  }
}

/**
 * @param {string} method
 * @param {string} path below the door
 * @param {unknown} [body]
 * @returns {Promise<any>} the answer's JSON, null when it has none
 * @throws {Unreachable | Problem}
 */
export async function ask(method, path, body) {
  const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', 'x-landside': '1' } };
  const headers = method === 'GET' ? {} : { 'x-landside': '1' };
  try {
    const answer = await fetch(new URL(path, DOOR), {
      method, headers, ...content, cache: 'no-store', credentials: 'same-origin', signal: AbortSignal.timeout(ANSWER_MAX_MS),
    });
    const said = answer.status === 204 ? null : await answer.json();
    if (!answer.ok) throw new Problem(answer.status, said);
    return said;
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Unreachable(String(error));
  }
}

/** Whether the node answers at all. */
export async function isThere() {
  try {
    await fetch(HEARTBEAT, { method: 'HEAD', cache: 'no-store', signal: AbortSignal.timeout(HEARTBEAT_MAX_MS) });
    return true;
  } catch {
    return false;
  }
}

/**
 * Listens for events until told to stop, and tries again while the node is not to be had.
 * @param {(name: string, event: any) => void} happened
 * @param {(state: import('../lib/live.js').State) => void} turned
 */
export const listen = (happened, turned) => new Live(DOOR, { happened, turned }, AGAIN_MAX_MS);
