/* Answers that wait for the server, in IndexedDB: written before anything is sent, deleted only when the server has them.
   Where the browser keeps nothing (private windows, full disks) the queue lives as long as the page. */
const NAME = 'exam-answers';
const STORE = 'rows';

const open = () => new Promise((resolve) => {
  try {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ['attempt', 'client', 'item'] });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
  } catch {
    resolve(null);
  }
});

let database;

const inStore = async (mode, deed) => {
  database ??= open();
  const base = await database;
  if (!base) return undefined;
  return new Promise((resolve) => {
    try {
      const store = base.transaction(STORE, mode).objectStore(STORE);
      const request = deed(store);
      store.transaction.oncomplete = () => resolve(request.result);
      store.transaction.onerror = store.transaction.onabort = () => resolve(undefined);
    } catch {
      resolve(undefined);
    }
  });
};

const ofAttempt = (attempt) => IDBKeyRange.bound([attempt], [attempt, []]);

export const keep = (row) => inStore('readwrite', (store) => store.put(row));
export const forget = (row) => inStore('readwrite', (store) => store.delete([row.attempt, row.client, row.item]));
export const forgetAttempt = (attempt) => inStore('readwrite', (store) => store.delete(ofAttempt(attempt)));
export const waiting = async (attempt) => (await inStore('readonly', (store) => store.getAll(ofAttempt(attempt)))) ?? [];
