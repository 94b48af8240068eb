/** What the phone keeps: the device key, the editions, documents as received, what waits to be sent, photographs. */

const NAME = 'landside-driver';
const VERSION = 1;

/** Most documents kept; the oldest go first. A job has about ten. */
export const DOCUMENTS_MAX = 5000;
/** Most rotations kept, beside them; the oldest go first. 8 of a party count at a terminal. */
export const ROTATIONS_KEPT_MAX = 1000;

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Store {
  /** @param {IDBDatabase} db */
  constructor(db) {
    this.db = db;
  }

  static async open() {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const db = request.result;
      db.createObjectStore('settings');
      db.createObjectStore('documents', { keyPath: 'number' });
      db.createObjectStore('outbox', { keyPath: 'id' });
      db.createObjectStore('photos', { keyPath: 'hash' });
    };
    return new Store(await done(request));
  }

  /** @param {string} name @returns {Promise<any>} */
  setting(name) {
    return done(this.db.transaction('settings').objectStore('settings').get(name));
  }

  /** All or none of it. @param {Record<string, any>} settings */
  async set(settings) {
    const { store, finished } = this.#writing('settings');
    for (const [name, value] of Object.entries(settings)) store.put(value, name);
    await finished;
  }

  /** @param {'documents' | 'outbox' | 'photos'} what @returns {Promise<any[]>} */
  all(what) {
    return done(this.db.transaction(what).objectStore(what).getAll());
  }

  /** @param {'documents' | 'outbox' | 'photos'} what @param {any[]} items */
  async put(what, ...items) {
    const { store, finished } = this.#writing(what);
    for (const item of items) store.put(item);
    await finished;
  }

  /** @param {'documents' | 'outbox' | 'photos'} what @param {any[]} keys */
  async remove(what, ...keys) {
    const { store, finished } = this.#writing(what);
    for (const key of keys) store.delete(key);
    await finished;
  }

  /** Everything, the key too. */
  async forget() {
    const names = [...this.db.objectStoreNames];
    const change = this.db.transaction(names, 'readwrite', { durability: 'strict' });
    for (const name of names) change.objectStore(name).clear();
    await finish(change);
  }

  /** @param {string} name */
  #writing(name) {
    const change = this.db.transaction(name, 'readwrite', { durability: 'strict' });
    return { store: change.objectStore(name), finished: finish(change) };
  }
}

/** @param {IDBTransaction} change @returns {Promise<void>} */
function finish(change) {
  return new Promise((resolve, reject) => {
    change.oncomplete = () => resolve();
    change.onerror = () => reject(change.error);
    change.onabort = () => reject(change.error);
  });
}
