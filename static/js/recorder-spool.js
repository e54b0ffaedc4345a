/* What was recorded and is not acknowledged yet: pieces in IndexedDB, written before they are sent, so that a browser that
   dies loses what its encoder still held, and nothing else. A piece that the disk refuses waits in memory instead. */
const DATABASE = 'recorder';

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const committed = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });

const build = (database) => {
  database.createObjectStore('tracks', { keyPath: 'id' });
  database.createObjectStore('pieces', { keyPath: ['track', 'start'] });
  database.createObjectStore('marks', { keyPath: ['recording', 'name'] });
};

const all = (track, from = 0) => IDBKeyRange.bound([track, from], [track, Infinity]);

/* A track: id, role ("main" or "camera"), main (recording id), recording, url, person, bytes, ms, acked, savedMs, finished. */
export class Spool {
  static async open() {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => build(request.result);
    return new Spool(await done(request));
  }

  constructor(database) {
    Object.assign(this, { database, loose: [] });
    database.onversionchange = () => database.close();
  }

  async tracks(person) {
    const found = await done(this.database.transaction('tracks').objectStore('tracks').getAll());
    return found.filter((track) => track.person === person);
  }

  async keep(track) {
    const transaction = this.database.transaction('tracks', 'readwrite');
    transaction.objectStore('tracks').put({ ...track });
    return committed(transaction);
  }

  /* Append a piece of a track that ends at `ms`. True where it is on the disk, false where it waits in memory. */
  async add(track, blob, ms) {
    const piece = { track: track.id, start: track.bytes, end: track.bytes + blob.size, ms, blob };
    Object.assign(track, { bytes: piece.end, ms });
    try {
      const transaction = this.database.transaction(['tracks', 'pieces'], 'readwrite');
      transaction.objectStore('pieces').add(piece);
      transaction.objectStore('tracks').put({ ...track });
      await committed(transaction);
      return true;
    } catch {
      this.loose.push(piece);
      return false;
    }
  }

  /* Pieces from this byte on, in order, of `most` bytes together (one at least). */
  async next(id, from, most) {
    const found = [];
    let size = 0;
    for (const piece of await this.pieces(id)) {
      if (piece.end <= from) continue;
      if (found.length && size + piece.blob.size > most) break;
      found.push(piece);
      size += piece.blob.size;
    }
    return found;
  }

  async pieces(id) {
    const kept = await done(this.database.transaction('pieces').objectStore('pieces').getAll(all(id)));
    const loose = this.loose.filter((piece) => piece.track === id);
    return [...kept, ...loose].sort((one, other) => one.start - other.start);
  }

  /* The server has every byte before `offset`: pieces below it go, and the moment that is safe moves on. */
  async acknowledge(track, offset) {
    const over = (await this.pieces(track.id)).filter((piece) => piece.end <= offset);
    this.loose = this.loose.filter((piece) => piece.track !== track.id || piece.end > offset);
    Object.assign(track, { acked: offset, savedMs: Math.max(track.savedMs ?? 0, ...over.map((piece) => piece.ms)) });
    const transaction = this.database.transaction(['tracks', 'pieces'], 'readwrite');
    for (const piece of over) transaction.objectStore('pieces').delete([track.id, piece.start]);
    transaction.objectStore('tracks').put({ ...track });
    return committed(transaction);
  }

  async mark(recording, name, atMs) {
    const transaction = this.database.transaction('marks', 'readwrite');
    transaction.objectStore('marks').put({ recording, name, atMs });
    return committed(transaction);
  }

  async marks(recording) {
    const found = await done(this.database.transaction('marks').objectStore('marks').getAll());
    return found.filter((one) => one.recording === recording).sort((one, other) => one.atMs - other.atMs);
  }

  async unmark(recording, name) {
    const transaction = this.database.transaction('marks', 'readwrite');
    transaction.objectStore('marks').delete([recording, name]);
    return committed(transaction);
  }

  async drop(id) {
    this.loose = this.loose.filter((piece) => piece.track !== id);
    const transaction = this.database.transaction(['tracks', 'pieces'], 'readwrite');
    transaction.objectStore('tracks').delete(id);
    transaction.objectStore('pieces').delete(all(id));
    return committed(transaction);
  }
}
