/**
 * What happens at the node, as it happens: one stream of events for all pages of a browser. A browser keeps six connections
 * to one place; with a stream for each page the seventh page would wait for ever.
 *
 * The pages queue for a lock (Web Locks). Whoever has it holds the stream and tells the others (BroadcastChannel). The lock goes on
 * by itself when its page is closed or crashes; when its page is there and silent, a page that somebody looks at takes it.
 */

/** How often a page that is seen asks the one that holds the stream for a sign of life, and how long it does without. */
const ASK_EVERY_MS = 4_000;
const SILENT_MAX_MS = 13_000;

/** First and longest pause before a stream that is not to be had is opened anew; by chance a quarter more or less. */
const AGAIN_MIN_MS = 2_000;
const AGAIN_MAX_MS = 30_000;

/** A stream that ends in order is there again sooner than this; one that is not counts as lost. */
const LOST_MS = 2_500;

/** How often the lists are looked at while the node has no stream to give; by chance a quarter more or less. */
const POLL_MS = 30_000;

/** Longest wait for why there is no stream. */
const WHY_MAX_MS = 10_000;

const NAMES = ['taken', 'answered', 'board', 'missed'];

/**
 * How it stands: `live`; `lost`, the node is not to be had; `full`, it has no more streams, and `missed` is told now and
 * then; `over`, nobody is logged in.
 * @typedef {'live' | 'lost' | 'full' | 'over'} State
 */

export class Live {
  #state = /** @type {State | null} */ (null);
  #source = /** @type {EventSource | null} */ (null);
  #release = /** @type {(() => void) | null} */ (null);
  #queued = new AbortController();
  #channel = /** @type {BroadcastChannel | null} */ (null);
  #heard = performance.now();
  #pause = AGAIN_MIN_MS;
  /** Times that the stream broke since it was open. */
  #breaks = 0;
  #hasGap = false;
  #isStopped = false;
  #later = 0;
  #lost = 0;
  #asking = 0;

  /**
   * @param {URL} door of the JSON door
   * @param {{ happened: (name: string, event: any) => void, turned: (state: State) => void }} told
   * @param {number} [longest] pause between two tries while the node is not to be had, in ms
   */
  constructor(door, told, longest = AGAIN_MAX_MS) {
    this.told = told;
    this.longest = longest;
    addEventListener('online', this.#online);
    this.url = new URL('events', door);
    this.name = `landside.live ${this.url.pathname}`;
    if (!navigator.locks || !globalThis.BroadcastChannel) return void this.#lead();
    this.#channel = new BroadcastChannel(this.name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#queue();
    this.#say({ ask: true });
    this.#asking = window.setInterval(() => this.#look(), ASK_EVERY_MS);
    document.addEventListener('visibilitychange', this.#seen);
    addEventListener('pageshow', this.#shown);
  }

  /** Whether this page holds the stream. */
  get #leads() {
    return this.#release !== null;
  }

  stop() {
    this.#isStopped = true;
    clearInterval(this.#asking);
    removeEventListener('online', this.#online);
    document.removeEventListener('visibilitychange', this.#seen);
    removeEventListener('pageshow', this.#shown);
    this.#channel?.close();
    this.#channel = null;
    this.#queued.abort();
    this.#let();
  }

  /** Somebody logged in, or the node is there again: a stream that was not to be had is asked for at once. */
  again() {
    if (!this.#leads) return this.#say({ again: true });
    if (this.#state !== 'live') this.#afresh();
  }

  /** The node does not answer, though the stream has not noticed: it may hang on a connection that is dead. */
  doubt() {
    if (!this.#leads) return this.#say({ doubt: true });
    if (this.#state !== 'live' || !this.#source) return;
    this.#turn('lost');
    this.#rest(this.#source);
  }

  #online = () => this.again();

  /** Opens it now; what comes after begins with the shortest pause. */
  #afresh() {
    this.#pause = AGAIN_MIN_MS;
    this.#open();
  }

  /** Waits for the stream, or takes it from a page that is silent. */
  #queue(isTaken = false) {
    this.#queued.abort();
    this.#queued = new AbortController();
    const how = isTaken ? { steal: true } : { signal: this.#queued.signal };
    const { signal } = this.#queued;
    navigator.locks.request(this.name, how, () => this.#lead()).catch(() => {
      // This page gave up waiting in order to take it, or is told no more.
      if (signal.aborted || this.#isStopped) return;
      // Another page took it.
      this.#let();
      this.#queue();
    });
  }

  /** @returns {Promise<void>} which ends when this page gives the stream up */
  #lead() {
    if (this.#isStopped) return Promise.resolve();
    // What was told between the two streams nobody knows.
    this.#hasGap = this.#state !== null;
    return new Promise((resolve) => {
      this.#release = resolve;
      this.#open();
    });
  }

  #let() {
    this.#forget();
    this.#source?.close();
    this.#source = null;
    this.#release?.();
    this.#release = null;
    this.#heard = performance.now();
  }

  #forget() {
    clearTimeout(this.#later);
    clearTimeout(this.#lost);
    this.#lost = 0;
  }

  #open() {
    clearTimeout(this.#later);
    this.#source?.close();
    const source = new EventSource(this.url);
    this.#source = source;
    for (const name of NAMES) {
      source.addEventListener(name, (event) => this.#happened(name, JSON.parse(/** @type {MessageEvent} */ (event).data || 'null')));
    }
    source.addEventListener('open', () => {
      this.#forget();
      this.#pause = AGAIN_MIN_MS;
      this.#breaks = 0;
      this.#turn('live');
      if (this.#hasGap) this.#happened('missed', {});
      this.#hasGap = false;
    });
    source.addEventListener('error', () => {
      if (source !== this.#source) return;
      if (source.readyState === EventSource.CLOSED) return void this.#refused(source);
      this.#lost ||= window.setTimeout(() => this.#turn('lost'), LOST_MS);
      // The browser comes back by itself, behind the last event that it had; as fast as it was told when all was well, and for ever.
      if (++this.#breaks > 1) this.#rest(source);
    });
  }

  /** Leaves a stream that is not to be had, and opens another after a pause that grows. @param {EventSource} source */
  #rest(source) {
    source.close();
    this.#hasGap = true;
    clearTimeout(this.#later);
    this.#later = window.setTimeout(() => this.#open(), this.#pause * (0.75 + Math.random() / 2));
    this.#pause = Math.min(this.longest, 2 * this.#pause);
  }

  /** The node gave no stream. @param {EventSource} source */
  async #refused(source) {
    this.#hasGap = true;
    const why = await this.#why();
    if (source !== this.#source) return;
    this.#forget();
    this.#turn(why);
    if (why !== 'full') return this.#rest(source);
    this.#happened('missed', {});
    this.#later = window.setTimeout(() => this.#open(), POLL_MS * (0.75 + Math.random() / 2));
  }

  /** @returns {Promise<State>} */
  async #why() {
    const cut = new AbortController();
    try {
      const answer = await fetch(this.url, { cache: 'no-store', signal: AbortSignal.any([cut.signal, AbortSignal.timeout(WHY_MAX_MS)]) });
      if (answer.status === 401) return 'over';
      if (answer.ok) return 'lost';
      return (await answer.json()).code === 'streams-full' ? 'full' : 'lost';
    } catch {
      return 'lost';
    } finally {
      cut.abort();
    }
  }

  /** @param {any} said by another page */
  #hear(said) {
    if (this.#leads) {
      if (said.ask && this.#state) this.#say({ state: this.#state });
      if (said.again && this.#state !== 'live') this.#afresh();
      if (said.doubt) this.doubt();
      return;
    }
    if (said.ask || said.again || said.doubt) return;
    this.#heard = performance.now();
    if (said.name) this.told.happened(said.name, said.event);
    else this.#turn(said.state);
  }

  /** @param {string} name @param {any} event */
  #happened(name, event) {
    this.#say({ name, event });
    this.told.happened(name, event);
  }

  /** @param {State} state */
  #turn(state) {
    if (this.#leads) this.#say({ state });
    if (state === this.#state) return;
    this.#state = state;
    this.told.turned(state);
  }

  /** @param {any} said */
  #say(said) {
    this.#channel?.postMessage(said);
  }

  #look() {
    if (this.#leads || document.visibilityState !== 'visible') return;
    if (performance.now() - this.#heard > SILENT_MAX_MS) {
      this.#heard = performance.now();
      this.#queue(true);
    } else this.#say({ ask: true });
  }

  #seen = () => {
    // A page that nobody sees is woken rarely: it heard nothing because it did not ask.
    this.#heard = performance.now();
    this.#look();
  };

  #shown = (/** @type {PageTransitionEvent} */ event) => {
    // Kept aside and brought back: nothing was told to it meanwhile.
    if (event.persisted) this.told.happened('missed', {});
  };
}
