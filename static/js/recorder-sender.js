/* Sends one track out of the spool, in order, for as long as it takes. The server's offset is the truth: after any trouble it
   is asked anew, and what it has is never sent twice. */
import { LONGEST_WAIT, SHORTEST_WAIT, Stop, askState, judge, sendPiece } from './upload-sender.js';
import { said } from './words.js';

const MOST = 8 * 2 ** 20;
const LOST = said('Bytes of this recording are missing on our side. Discard it and record again, or send a file.');

/* `track`: see the spool. `begin(track)`: url and recording of a track that has none yet. `on`: saved(track), waits(),
   signedOut(), stopped(Stop). `pace`: least milliseconds from one request to the next. */
export class TrackSender {
  constructor({ spool, track, begin, on, pace }) {
    Object.assign(this, { spool, track, begin, on, pace, offset: null, wake: () => null });
    this.ended = new AbortController();
    this.hasOffset = new Promise((resolve) => (this.tellOffset = resolve));
    this.isOver = this.run();
  }

  nudge() {
    this.nudged = true;
    this.wake();
  }

  /* Nothing follows what is spooled: tell the length with the next bytes. */
  async finish() {
    if (this.offset === null) await Promise.race([this.hasOffset, this.isOver]);
    this.track.finished = Math.max(this.track.bytes, this.offset ?? 0);
    await this.spool.keep(this.track);
    this.nudge();
    return this.isOver;
  }

  end() {
    this.ended.abort();
    this.nudge();
  }

  /* "complete", "ended", or the code of what stopped it. */
  async run() {
    let wait = SHORTEST_WAIT;
    for (;;) {
      this.nudged = false;
      try {
        if (await this.round(() => (wait = SHORTEST_WAIT))) return 'complete';
        await this.pausedOrNudged();
        if (this.ended.signal.aborted) return 'ended';
        continue;
      } catch (trouble) {
        this.offset = null;
        if (this.ended.signal.aborted) return 'ended';
        if (trouble instanceof Stop && trouble.code !== 'signed-out') return this.giveUp(trouble);
        if (trouble instanceof Stop) this.on.signedOut();
        else this.on.waits();
      }
      await this.rest(wait);
      wait = Math.min(LONGEST_WAIT, wait * 2);
    }
  }

  giveUp(trouble) {
    this.on.stopped(trouble);
    return trouble.code;
  }

  /* Once in `pace` milliseconds, however often pieces come: fewer requests, and nothing is lost meanwhile. */
  async pausedOrNudged() {
    const began = performance.now();
    const left = () => this.pace - (performance.now() - began);
    if (!this.nudged) await this.nextNudge();
    while (left() > 0 && !this.isFinishing && !this.isHurried && !this.ended.signal.aborted) {
      await Promise.race([this.nextNudge(), new Promise((resolve) => setTimeout(resolve, left()))]);
    }
  }

  /* Timers of a hidden tab may come a minute late, but pieces don't, so each of them looks at the clock too. */
  async rest(wait) {
    const until = performance.now() + wait;
    const listening = new AbortController();
    let isBack = false;
    window.addEventListener('online', () => ((isBack = true), this.wake()), { signal: listening.signal });
    while (!isBack && !this.ended.signal.aborted && performance.now() < until) {
      await Promise.race([this.nextNudge(), new Promise((resolve) => setTimeout(resolve, until - performance.now()))]);
    }
    listening.abort();
  }

  nextNudge() {
    return new Promise((resolve) => (this.wake = resolve));
  }

  get isFinishing() {
    return Number.isInteger(this.track.finished);
  }

  /* Nothing is recorded any more: send what is left without pacing it. */
  hurry() {
    this.isHurried = true;
    this.nudge();
  }

  /* Send what is spooled. True when the server has the whole track. */
  async round(moved) {
    if (!this.track.url) {
      Object.assign(this.track, await this.begin(this.track));
      await this.spool.keep(this.track);
    }
    if (this.offset === null && (await this.ask())) return true;
    for (;;) {
      const pieces = await this.spool.next(this.track.id, this.offset, MOST);
      const total = this.isFinishing ? this.track.finished : null;
      if (!pieces.length && total === null) return false;
      this.offset = await this.send(pieces, total);
      moved();
      await this.arrived();
      if (this.offset === total) return true;
    }
  }

  async ask() {
    const { offset, length } = await askState(this.track.url);
    this.offset = offset;
    this.tellOffset();
    await this.arrived();
    return offset === length;
  }

  async arrived() {
    await this.spool.acknowledge(this.track, this.offset);
    this.on.saved(this.track);
  }

  async send(pieces, total) {
    if (pieces.length && pieces[0].start > this.offset) throw new Stop('refused', LOST);
    const blob = new Blob(pieces.map((piece) => piece.blob)).slice(pieces.length ? this.offset - pieces[0].start : 0);
    const told = total === null ? {} : { 'Upload-Length': String(total) };
    return judge(await sendPiece(this.track.url, this.offset, blob, this.ended.signal, () => null, told));
  }
}
