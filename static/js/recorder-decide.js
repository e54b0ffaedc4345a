/* A recording that stopped before its learner finished it: what is left is sent, then they use it or discard it. */
import { Delivery } from './recorder-delivery.js';
import { clock, deliveryWords, find, isOff, place, root, setOff, trouble } from './recorder-page.js';
import { counted, said } from './words.js';

const AGAIN = 5000;
const HINT = said('Used as it is, it is checked for length, picture and sound. Discarded, it is gone, and you may record again.');
const ELSEWHERE = said('It may be running on another computer: something came within the last minute. This opens when it has been silent.');
const amount = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MB`;

/* Tracks of an open upload that this browser knows nothing of: what the server has is all there is. */
const foreign = ({ openUrl, openRecording, openTrack, openTrackRecording }) => {
  const blank = { person: place.person, main: openRecording, bytes: 0, ms: 0 };
  const main = { ...blank, id: openRecording, recording: openRecording, role: 'main', url: openUrl };
  const camera = { ...blank, id: `${openRecording}:camera`, recording: openTrackRecording, role: 'camera', url: openTrack };
  return openTrack ? [main, camera] : [main];
};

export class Decision {
  constructor(spool, delivery) {
    this.words = deliveryWords(() => this.delivery);
    this.delivery = delivery ?? new Delivery(spool, place);
    this.delivery.on = {
      saved: () => this.draw(), waits: this.words.waits, signedOut: this.words.signedOut, stopped: (stop, track) => this.refused(stop, track),
    };
    find('use').addEventListener('click', () => isOff(find('use')) || this.use());
    find('discard').addEventListener('click', () => isOff(find('discard')) || find('discard-dialog').showModal());
    find('discard-dialog').addEventListener('close', (event) => event.target.returnValue === 'discard' && this.discard());
  }

  /* After a crash: what this browser kept, or else what the server tells. */
  async rescue(spool) {
    const kept = (await spool.tracks(place.person)).filter((track) => track.main === root.dataset.openRecording);
    const known = kept.some((track) => track.role === 'main') ? kept : foreign(root.dataset);
    for (const track of known) this.delivery.send(track);
    if (!kept.length) await this.silence();
    await this.open();
    if (known.some((track) => track.role === 'main' && Number.isInteger(track.finished))) await this.use();
  }

  /* Wait until it is surely not being recorded elsewhere. */
  async silence() {
    let state = root.dataset.openState;
    while (state === 'recording') {
      find('decide-hint').textContent = ELSEWHERE;
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
      const answer = await fetch(root.dataset.openStatus, { headers: { Accept: 'application/json' }, cache: 'no-store' }).catch(() => null);
      state = answer?.ok ? (await answer.json()).state : state;
    }
  }

  /* Let people choose once everything that is here has arrived. */
  async open() {
    await this.draw();
    await this.delivery.drained();
    await this.draw();
    const isEmpty = !this.delivery.main.acked;
    setOff(find('use'), isEmpty);
    setOff(find('discard'), false);
    find('decide-hint').textContent = isEmpty ? said('Nothing of it was recorded. Discard it, and begin again.') : HINT;
  }

  async draw() {
    this.words.back();
    const { savedMs, acked } = this.delivery.main;
    const length = savedMs ? clock(savedMs) : '';
    const saved = find('decide-saved');
    if (acked && length) saved.textContent = said('Saved up to %(length)s', { length });
    else if (acked && !saved.textContent) saved.textContent = said('Safe: %(amount)s', { amount: amount(acked) }); // what the server says, in minutes, stays
    const left = await this.delivery.waiting();
    find('decide-rest').hidden = !left;
    find('decide-rest-text').textContent = left ? counted('%(count)s piece waits on this computer and is on the way', '%(count)s pieces wait on this computer and are on the way', left) : '';
  }

  refused(stop, track) {
    if (track.role === 'camera') return trouble(said('The camera’s picture is not kept'), stop.sentence);
    return trouble(said('This recording can’t be finished'), stop.sentence || said('It was ended in another window. Reload this page.'), { tone: 'danger' });
  }

  async use() {
    for (const name of ['use', 'discard']) setOff(find(name), true);
    find('decide-hint').textContent = said('The checks begin in a moment.');
    if ((await this.delivery.use()) === 'complete') location.assign(root.dataset.practical);
  }

  async discard() {
    for (const name of ['use', 'discard']) setOff(find(name), true);
    try {
      await this.delivery.discard();
      location.reload();
    } catch {
      trouble(said('It could not be discarded'), said('The connection is away. Try again in a moment.'));
      await this.open();
    }
  }
}

/* Tracks that nobody waits for any more: finished ones go on, the rest of discarded ones is dropped. */
export const tidy = async (spool) => {
  const silent = { saved: () => null, waits: () => null, signedOut: () => null, stopped: () => null };
  for (const track of await spool.tracks(place.person)) {
    if (track.main === root.dataset.openRecording) continue;
    const delivery = new Delivery(spool, place, silent);
    const sender = delivery.send(track);
    const ended = await (track.role === 'camera' || Number.isInteger(track.finished) ? sender.finish() : Promise.race([sender.isOver, sender.hasOffset]));
    sender.end();
    if (['complete', 'gone', 'refused'].includes(ended)) await spool.drop(track.id);
  }
};
