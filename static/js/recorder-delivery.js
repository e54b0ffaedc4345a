/* Both tracks of a recording and its part marks on their way to the server: while it is recorded, and after a crash. */
import { TrackSender } from './recorder-sender.js';
import { beginUpload, endUpload, headers } from './upload-sender.js';

const TRIES_FOR_MARKS = 5;
const LOOK_AGAIN = 200;

/* `place`: the page's data (uploads, partsUrl, submission, place, person). `on`: saved(track), waits(), signedOut(),
   stopped(Stop, track). */
export class Delivery {
  constructor(spool, place, on) {
    Object.assign(this, { spool, place, on, senders: new Map() });
  }

  /* Take a track in and send it from now on. */
  send(track) {
    const on = {
      saved: (one) => this.on.saved(one), waits: () => this.on.waits(), signedOut: () => this.on.signedOut(),
      stopped: (trouble) => this.on.stopped(trouble, track),
    };
    const sender = new TrackSender({ spool: this.spool, track, begin: (one) => this.beginCamera(one), on, pace: this.place.pace });
    this.senders.set(track.role, sender);
    return sender;
  }

  /* The camera's upload begins when both tracks run: only then is known by how much it is later. */
  beginCamera({ main, offsetMs }) {
    const { submission, place, uploads } = this.place;
    return beginUpload(uploads, { submission, place, main, offset_ms: offsetMs, filename: 'camera' });
  }

  async add(track, blob, ms) {
    const kept = await this.spool.add(track, blob, ms);
    this.senders.get(track.role)?.nudge();
    return kept;
  }

  async mark(name, atMs) {
    await this.spool.mark(this.main.recording, name, atMs);
    return this.sendMarks();
  }

  get main() {
    return this.senders.get('main').track;
  }

  /* Marks that the server doesn't know yet. True when none is left; a refused one is dropped, the bytes matter more. */
  async sendMarks() {
    const { recording } = this.main;
    for (const { name, atMs } of await this.spool.marks(recording)) {
      const address = this.place.partsUrl.replace(this.place.submission, recording);
      const answer = await fetch(address, {
        method: 'POST', headers: headers({ 'Content-Type': 'application/x-www-form-urlencoded' }), redirect: 'manual',
        body: new URLSearchParams({ name, at_ms: String(atMs) }),
      }).catch(() => null);
      if (!answer || answer.status === 401 || answer.status >= 500) return false;
      await this.spool.unmark(recording, name);
    }
    return true;
  }

  /* How many pieces still wait on this computer. */
  async waiting() {
    const found = await Promise.all([...this.senders.values()].map((one) => this.spool.pieces(one.track.id)));
    return found.flat().length;
  }

  /* Resolves when the server has everything that is here, or takes no more of it. */
  async drained() {
    const senders = [...this.senders.values()];
    let isOver = false;
    Promise.all(senders.map((one) => one.isOver)).then(() => (isOver = true));
    for (const sender of senders) sender.hurry();
    await Promise.all(senders.map((one) => Promise.race([one.hasOffset, one.isOver])));
    while (!isOver && (await this.waiting())) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN));
  }

  /* Tell the lengths, so that the checks begin. "complete" when the main track is; a camera that can't be is left behind. */
  async use() {
    for (let tries = 0; tries < TRIES_FOR_MARKS && !(await this.sendMarks()); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    const [ended] = await Promise.all(['main', 'camera'].map((role) => this.finish(role)));
    return ended;
  }

  async finish(role) {
    const sender = this.senders.get(role);
    if (!sender) return 'none';
    const ended = await sender.finish();
    if (ended === 'complete' || role === 'camera') await this.spool.drop(sender.track.id);
    return ended;
  }

  /* Give the recording up, here and on the server. The server ends the camera's track with it. */
  async discard() {
    for (const sender of this.senders.values()) sender.end();
    await Promise.all([...this.senders.values()].map((one) => one.isOver));
    const answer = await endUpload(this.main.url);
    if (!answer.ok && ![404, 410].includes(answer.status)) throw new Error(`DELETE ${answer.status}`);
    await this.forget();
  }

  /* Drop what this computer kept of it. */
  async forget() {
    for (const sender of this.senders.values()) await this.spool.drop(sender.track.id);
    for (const { name } of await this.spool.marks(this.main.recording)) await this.spool.unmark(this.main.recording, name);
  }
}
