/* data-upload: sends the chosen recording, shows what is safe, and waits for the checks. Closing the page is always safe. */
import { Stop, askOffset, createUpload, endUpload, sendFile } from './upload-sender.js';
import './player.js';
import { said } from './words.js';

const WINDOW = 20_000;
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
const amount = (bytes) => (bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(1)} MB` : `${(bytes / 2 ** 30).toFixed(2)} GB`);
const keyOf = (box) => `upload:${box.dataset.submission}:${box.dataset.place}`;
const markOf = (file) => `${file.name}:${file.size}:${file.lastModified}`;
const part = (box, name) => box.querySelector(`[data-${name}]`);

const remember = (box, value) => {
  try {
    if (value) localStorage.setItem(keyOf(box), JSON.stringify(value));
    else localStorage.removeItem(keyOf(box));
  } catch { /* without storage the server's own memory of the file is enough */ }
};
const recall = (box) => {
  try {
    return JSON.parse(localStorage.getItem(keyOf(box)) ?? 'null');
  } catch {
    return null;
  }
};

/* Seconds of a file as the browser reads them, for "27:40 of 41:12"; 0 where it can't tell. */
const lengthOf = (file) =>
  new Promise((resolve) => {
    const video = document.createElement('video');
    const address = URL.createObjectURL(file);
    const done = () => {
      resolve(Number.isFinite(video.duration) ? video.duration : 0);
      video.removeAttribute('src'); // it reads on after its length is known, and would ask for an address that is gone
      video.load();
      URL.revokeObjectURL(address);
    };
    for (const event of ['loadedmetadata', 'error']) video.addEventListener(event, done, { once: true });
    video.preload = 'metadata';
    video.src = address;
  });

/* What stood in the panel gives way to the progress, and comes back when the file is given up. */
const show = (box, sending) => {
  const why = document.querySelector('[data-why-not]');
  if (why && sending) [why.dataset.before, why.textContent] = [why.dataset.before ?? why.textContent, said('Your recording is on its way to us.')];
  if (why?.dataset.before && !sending) why.textContent = why.dataset.before;
  part(box, 'progress').hidden = !sending;
  part(box, 'choose').hidden = sending;
  if (part(box, 'before')) part(box, 'before').hidden = sending;
};

const tell = (box, sentence, signIn = false) => {
  part(box, 'trouble').hidden = !sentence;
  part(box, 'trouble-text').textContent = sentence;
  part(box, 'sign-in').hidden = !signIn;
};

class Display {
  constructor(box, file) {
    Object.assign(this, { box, size: file.size, seconds: 0, moments: [], safeBytes: 0 });
    part(box, 'name').textContent = file.name;
    show(box, true);
    lengthOf(file).then((seconds) => {
      this.seconds = seconds;
      this.safe(this.safeBytes);
    });
  }

  safe(bytes) {
    const share = bytes / this.size;
    this.safeBytes = bytes;
    part(this.box, 'safe').textContent = this.seconds ? clock(this.seconds * share) : amount(bytes);
    part(this.box, 'whole').textContent = this.seconds ? clock(this.seconds) : amount(this.size);
    part(this.box, 'bytes').textContent = `${said('%(part)s of %(whole)s', { part: amount(bytes), whole: amount(this.size) })}${this.left(bytes)}`;
    part(this.box, 'bar').setAttribute('width', `${share * 100}%`);
    part(this.box, 'track').setAttribute('aria-label', said('%(percent)s percent of the file is safe on our side', { percent: Math.floor(share * 100) }));
    this.sent(bytes);
  }

  /* Speed over the last twenty seconds, by acknowledged bytes. */
  left(bytes) {
    const now = performance.now();
    this.moments.push([now, bytes]);
    while (this.moments.length > 2 && now - this.moments[0][0] > WINDOW) this.moments.shift();
    const [began, from] = this.moments[0];
    if (bytes <= from || now - began < 500) return '';
    const speed = ((bytes - from) * 1000) / (now - began);
    const minutes = Math.ceil((this.size - bytes) / speed / 60);
    return ` · ${said('%(amount)s a second', { amount: amount(speed) })} · ${minutes < 2 ? said('less than a minute left') : said('about %(minutes)s min left', { minutes })}`;
  }

  sent(bytes) {
    part(this.box, 'sent').setAttribute('width', `${(bytes / this.size) * 100}%`);
  }
}

/* The upload to go on with: the one this browser began with this very file, or one of the same name and size. */
const knownUpload = (box, file) => {
  const kept = recall(box);
  if (kept?.mark === markOf(file)) return kept.url;
  const { openUrl, openName, openSize } = box.dataset;
  return openUrl && openName === file.name.slice(0, 200) && Number(openSize) === file.size ? openUrl : '';
};

const findOrCreate = async (box, file) => {
  const known = knownUpload(box, file);
  if (known) {
    try {
      await askOffset(known);
      return known;
    } catch (trouble) {
      if (!(trouble instanceof Stop && trouble.code === 'gone')) return known;
    }
  }
  for (const other of (box.dataset.openUrls ?? '').split(' ').filter(Boolean)) await endUpload(other);
  return createUpload(box.dataset.upload, file, box.dataset);
};

const why = (box, file) => {
  if (!file.size) return said('This file is empty. Choose the recording itself.');
  const most = Number(box.dataset.maxBytes);
  return file.size > most ? said('This file has %(size)s; at most %(most)s can be sent.', { size: amount(file.size), most: amount(most) }) : '';
};

const start = async (box, file) => {
  const refusal = why(box, file);
  if (refusal) return tell(box, refusal);
  tell(box, '');
  const display = new Display(box, file);
  const ended = new AbortController();
  part(box, 'end').onclick = () => ended.abort();
  try {
    const url = await findOrCreate(box, file);
    Object.assign(box.dataset, { openUrl: url, openUrls: url, openName: file.name.slice(0, 200), openSize: file.size });
    remember(box, { mark: markOf(file), url });
    await sendFile({
      file, url, chunk: Number(box.dataset.chunk), signal: ended.signal,
      on: {
        safe: (bytes) => (tell(box, ''), display.safe(bytes)),
        sent: (bytes) => display.sent(bytes),
        waits: () => tell(box, said('The connection is away. What is safe stays safe; this goes on by itself.')),
        signedOut: () => tell(box, said('You were signed out. Sign in in a new tab, and this goes on by itself.'), true),
      },
    });
    remember(box, null);
    return await refresh(box);
  } catch (trouble) {
    return giveUp(box, trouble);
  }
};

const giveUp = async (box, trouble) => {
  if (trouble.code === 'ended') await endUpload(box.dataset.openUrl).catch(() => null);
  if (['ended', 'gone'].includes(trouble.code)) return startOver(box, trouble.code === 'gone');
  show(box, false);
  part(box, 'file').value = '';
  if (trouble.code === 'signed-out') return tell(box, said('You were signed out. Sign in in a new tab, then choose the file again.'), true);
  return tell(box, trouble.sentence || said('That didn’t work. Choose the same file again, and it goes on from there.'));
};

const startOver = async (box, gone) => {
  remember(box, null);
  const shown = await refresh(box).catch(() => show(box, false));
  if (gone) tell(shown ?? box, said('This upload was ended. Choose the file again.'));
};

/* Bring the panel and what hangs on it up to date without a reload: notes that are being typed stay as they are. */
const refresh = async (box) => {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' }, cache: 'no-store' });
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const same = `[data-upload][data-place="${box.dataset.place}"]`;
  const panel = fresh.querySelector(same);
  if (!panel) return tell(box, said('You were signed out. Sign in in a new tab, then reload this page.'), true);
  for (const name of [same, '[data-hand-in]', '[data-why-not]']) {
    const [old, made] = [document.querySelector(name), fresh.querySelector(name)];
    if (old && made) old.replaceWith(document.adoptNode(made));
  }
  bind(panel);
  document.dispatchEvent(new Event('recording-shown'));
  return panel;
};

const waitForChecks = async (box) => {
  for (let wait = 1000; box.isConnected; wait = Math.min(10_000, wait * 1.3)) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      const answer = await fetch(box.dataset.status, { headers: { Accept: 'application/json' }, cache: 'no-store' });
      const told = await answer.json();
      if (answer.ok && !told.waiting) return refresh(box);
      if (answer.ok) part(box, 'sentence').textContent = told.sentence;
    } catch { /* the next round asks again */ }
  }
  return null;
};

const bind = (box) => {
  const input = part(box, 'file');
  if (input) input.disabled = false;
  input?.addEventListener('change', () => input.files[0] && start(box, input.files[0]));
  if (box.dataset.waiting) waitForChecks(box);
};

for (const box of document.querySelectorAll('[data-upload]')) bind(box);
