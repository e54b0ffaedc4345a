/* One recording, from its first byte to the moment when nothing more is recorded. */
import { Delivery } from './recorder-delivery.js';
import { watchTrack } from './recorder-devices.js';
import { clock, deliveryWords, find, place, root, say, setCheck, trouble } from './recorder-page.js';
import { Parts } from './recorder-parts.js';
import { TrackRecorder, chooseFormat } from './recorder-tracks.js';
import { Stop, beginUpload, headers, sentenceOf } from './upload-sender.js';
import { said } from './words.js';

const MAIN_BITS = 1_200_000;
const CAMERA_BITS = 300_000;
const NEARLY_FULL = 0.97;
const minutes = (name) => Number(root.dataset[name]) * 60_000;
const LOST = {
  screen: [said('The screen is not shared any more'), said('Recording has stopped. What was recorded until then is kept.')],
  microphone: [said('The microphone is gone'), said('Recording has stopped, because nothing would be heard. What was recorded until then is kept.')],
  camera: [said('The camera is gone'), said('The recording goes on without its picture. Nothing else is missing.')],
};

export class Session {
  /* `streams`: main, camera or null, close(). `sources`: what was turned on, by device. `onStopped(why)`: "finished" or "lost". */
  constructor(spool, check, onStopped) {
    Object.assign(this, { spool, check, onStopped, timers: [], watches: [], title: document.title });
    this.words = deliveryWords(() => this.delivery);
    this.delivery = new Delivery(spool, place, {
      saved: (track) => this.saved(track),
      waits: this.words.waits,
      signedOut: this.words.signedOut,
      stopped: (stop, track) => this.refused(stop, track),
    });
  }

  /* Agreement, upload, then the first byte. Throws Stop with the server's sentence, or Error without a connection. */
  async begin() {
    this.consent ??= await this.agree();
    const about = { submission: place.submission, place: place.place, live: 1, consent: this.consent, filename: 'recorded in the browser' };
    const main = { ...(await beginUpload(place.uploads, about)), role: 'main', person: place.person, bytes: 0, ms: 0, acked: 0, startedAt: Date.now() };
    this.main = { ...main, id: main.recording, main: main.recording };
    await this.spool.keep(this.main);
    this.streams = this.check.tracks();
    await this.record();
  }

  async agree() {
    const { others, alone, agreed } = this.check.agreement;
    const body = new URLSearchParams({ place: place.place, others, ...(alone ? { alone: 'on' } : {}), ...(agreed ? { agreed: 'on' } : {}) });
    const answer = await fetch(root.dataset.consentUrl, { method: 'POST', body, redirect: 'manual', headers: headers() });
    if (answer.status === 401) throw new Stop('signed-out', said('You were signed out. Sign in in a new tab, then start.'));
    if (!answer.ok) throw new Stop('refused', await sentenceOf(answer));
    const { consent, others: agreedToo } = await answer.json();
    const time = new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false });
    setCheck('consent', 'good', said('recorded'), agreedToo ? said('You and %(others)s, %(time)s', { others: agreedToo, time }) : said('You alone, %(time)s', { time }));
    return consent;
  }

  async record() {
    const format = chooseFormat();
    const make = (stream, track, bitsPerSecond) => new TrackRecorder(stream, {
      format, bitsPerSecond, onPiece: (blob, ms) => this.piece(track, blob, ms), onFault: () => this.stop('lost'),
    });
    this.recorders = [make(this.streams.main, this.main, MAIN_BITS)];
    if (this.streams.camera) {
      this.camera = { id: `${this.main.id}:camera`, role: 'camera', main: this.main.id, url: '', person: place.person, bytes: 0, ms: 0, acked: 0 };
      this.recorders.push(make(this.streams.camera, this.camera, CAMERA_BITS));
    }
    const [began, other] = await Promise.all(this.recorders.map((one) => one.start()));
    this.began = began;
    this.delivery.send(this.main);
    if (this.camera) {
      this.camera.offsetMs = Math.round(other - began);
      await this.spool.keep(this.camera);
      this.delivery.send(this.camera);
    }
    this.watch();
  }

  get ms() {
    return performance.now() - this.began;
  }

  watch() {
    const { microphone, screen, camera } = this.check.streams;
    const sources = { microphone: microphone.getAudioTracks()[0], screen: screen?.getVideoTracks()[0], camera: camera?.getVideoTracks()[0] };
    for (const [device, track] of Object.entries(sources)) if (track) this.watches.push(watchTrack(track, () => this.lost(device)));
    this.parts = new Parts((name) => this.mark(name));
    this.parts.next();
    this.timers.push(setInterval(() => this.tick(), 500));
    this.tick();
  }

  mark(name) {
    const ms = this.parts?.now > 0 ? Math.round(this.ms) : 0;
    this.delivery.mark(name, ms).catch(() => null); // it is in the spool, and sent again before the end
    return ms;
  }

  tick() {
    if (!this.parts) return;
    const { ms } = this;
    const line = find('clock');
    line.textContent = clock(ms);
    document.title = `● ${clock(ms)} ${said('Recording')}`;
    this.parts.tick(ms);
    if (ms > minutes('maxMinutes')) this.warnOfLength(line);
    if (ms > minutes('stopMinutes') || this.main.bytes > NEARLY_FULL * Number(root.dataset.maxBytes)) this.stop('finished');
  }

  warnOfLength(line) {
    if (line.classList.contains('recorder__clock--late')) return;
    line.classList.add('recorder__clock--late');
    trouble(said('Come to an end'), said('%(minutes)s minutes are over. Two more are accepted; a longer recording is not.', { minutes: root.dataset.maxMinutes }));
  }

  async piece(track, blob, ms) {
    if (!this.isStopping) this.tick(); // timers of a hidden tab may come a minute late, pieces don't
    const isKept = await this.delivery.add(track, blob, ms);
    if (!isKept) trouble(said('This computer is full'), said('What is recorded waits in memory until we have it. Keep this page open, and free some space.'));
  }

  saved(track) {
    this.words.back();
    if (track.role !== 'main' || !track.savedMs) return;
    find('saved-line').classList.toggle('save-status--pending', this.words.isAway());
    find('saved').textContent = said('Saved up to %(length)s', { length: clock(track.savedMs) });
  }

  /* A camera that isn't taken costs its picture only; a main track that isn't taken ends the recording. */
  refused(stop, track) {
    if (track.role === 'camera') return trouble(said('The camera’s picture is not kept'), stop.sentence || LOST.camera[1]);
    trouble(said('We can’t take this recording any more'), stop.sentence || said('It was ended in another window.'), { tone: 'danger' });
    return this.stop('refused');
  }

  lost(device) {
    const isMain = device !== 'camera' || !this.check.streams.screen;
    const [title, text] = isMain && device === 'camera' ? [LOST.camera[0], LOST.screen[1]] : LOST[device];
    trouble(title, text);
    if (isMain) this.stop('lost');
  }

  /* Nothing more is recorded. Once, whoever asks first. */
  async stop(why) {
    if (this.isStopping) return;
    this.isStopping = true;
    document.title = this.title;
    if (['finished', 'stopped'].includes(why)) trouble('');
    for (const timer of this.timers) clearInterval(timer);
    for (const stop of this.watches) stop();
    await Promise.all(this.recorders.map((one) => one.stop()));
    this.streams.close();
    for (const device of Object.keys(this.check.streams)) this.check.turnOff(device);
    this.check.meter.stop();
    say(said('Recording has stopped.'));
    this.onStopped(why);
  }
}
