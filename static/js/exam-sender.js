/* The sending half of the autosave protocol: one request in flight, retry with backoff, and the truth about what is saved.
   It knows no page; it calls back through `on`. A row leaves the queue only when the server holds exactly it. */
import { forget, forgetAttempt, keep, waiting } from './exam-queue.js';
import { nameOfTab, random } from './exam-tab.js';

const WAITS = [1000, 2000, 4000, 8000, 15000];
const HEARTBEAT = 20000;
const MOST = 50;

const cookie = (name) => document.cookie.split('; ').find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
const entry = ({ item, seq, value, flagged }) => ({ item, seq, value, flagged });
const later = (tries) => WAITS[Math.min(tries, WAITS.length - 1)] * (0.8 + Math.random() * 0.4);

/* What the server will say it holds, or null where the browser can't compute it (pages without TLS). */
const digestOf = async ({ value, flagged }) => {
  if (!globalThis.crypto?.subtle) return null;
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify([value, flagged])));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
};

export class Sender {
  queue = new Map();
  failures = 0;
  inFlight = null;
  stopped = false;
  timer = 0;

  constructor({ attempt, epoch, responses, submit, csrfCookie, digests, on }) {
    Object.assign(this, { attempt, epoch, responses, submitUrl: submit, csrfCookie, on });
    this.acknowledged = new Map(digests);
    this.naming = nameOfTab().then((name) => { this.client = name; });
    this.ready = this.start();
  }

  async start() {
    await this.naming;
    this.heartbeat = setInterval(() => this.flush({ beat: true }), HEARTBEAT);
    addEventListener('pagehide', () => this.lastWords());
    addEventListener('online', () => this.hurry());
    addEventListener('focus', () => this.hurry());
    document.addEventListener('visibilitychange', () => (document.visibilityState === 'hidden' ? this.lastWords() : this.hurry()));
    await this.flush({ beat: true });
    if (!this.stopped) await this.adopt();
  }

  /* Rows that an earlier page or a dead tab left. Where the server still holds what they changed they are shown and sent
     again; otherwise they are handed over to be kept, under the name and epoch they were written with. */
  async adopt() {
    for (const row of await waiting(this.attempt)) {
      if (this.queue.has(row.item)) continue;
      const current = this.acknowledged.get(row.item) ?? '';
      const own = row.client === this.client && row.epoch === this.epoch;
      if (current && (await digestOf(row)) === current) await forget(row);
      else if (own || row.base === current) {
        this.on.restore(row);
        await this.put(row.item, row.value, row.flagged);
        if (row.client !== this.client) await forget(row);
      } else if (await this.post(this.responses, { client_id: row.client, epoch: row.epoch, batch: [entry(row)] })) await forget(row);
    }
  }

  nextSeq() {
    const key = `exam-seq-${this.attempt}-${this.client}`;
    const seq = Number(sessionStorage.getItem(key) ?? 0) + 1;
    sessionStorage.setItem(key, String(seq));
    return seq;
  }

  /* Local first, then the server. Choices made before the tab has its name wait for one promise, so they stay in order. */
  async put(item, value, flagged, { delay = 0, tries = 0 } = {}) {
    await this.naming;
    const base = this.queue.get(item)?.base ?? this.acknowledged.get(item) ?? '';
    const row = { attempt: this.attempt, client: this.client, epoch: this.epoch, item, seq: this.nextSeq(), value, flagged, base, tries };
    this.queue.set(item, row);
    this.on.change();
    await keep(row);
    this.schedule(delay);
  }

  schedule(delay) {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), delay);
  }

  hurry() {
    if (this.stopped || this.inFlight) return;
    this.failures = 0;
    this.flush({ beat: true });
  }

  get unsaved() {
    return this.queue.size;
  }

  async flush({ beat = false } = {}) {
    if (this.stopped || !this.client) return false;
    if (!this.inFlight && !beat && !this.queue.size) return true;
    this.inFlight ??= this.send().finally(() => { this.inFlight = null; });
    const done = await this.inFlight;
    if (done && this.queue.size && ![...this.queue.values()].some((row) => row.tries)) this.schedule(0);
    return done;
  }

  async send() {
    const rows = [...this.queue.values()].slice(0, MOST);
    const reply = await this.post(this.responses, this.body(rows));
    if (!reply) return false;
    if (reply.code === 'moved') this.stop('moved');
    /* What came in a pause doesn't count; the rows stay here, and the page that comes after the pause sends them again. */
    if (reply.state === 'paused') this.stop('paused');
    else await this.settle(rows, reply.items ?? []);
    this.on.sync(reply);
    if (!this.stopped && reply.state !== 'in_progress') this.stop('closed');
    return true;
  }

  body(rows) {
    return { client_id: this.client, epoch: this.epoch, batch: rows.map(entry) };
  }

  async settle(rows, replies) {
    for (const [n, reply] of replies.entries()) {
      const row = rows[n];
      const expected = await digestOf(row);
      const held = ['stored', 'duplicate'].includes(reply.status) && (expected === null || expected === reply.digest);
      const waitingRow = this.queue.get(row.item);
      const newest = waitingRow?.seq === row.seq;
      if (held) this.acknowledged.set(row.item, reply.digest);
      if (newest && (held || reply.status === 'refused')) {
        this.queue.delete(row.item);
        await forget(row);
        if (!held && reply.reason !== 'late') this.on.refused(row);
      } else if (newest && !this.stopped) {
        await this.put(row.item, row.value, row.flagged, { delay: later(row.tries), tries: row.tries + 1 });
      } else if (held && waitingRow) {
        waitingRow.base = reply.digest;
        await keep(waitingRow);
      }
    }
    this.on.change();
  }

  /* The reply, or null when it has to be tried again. */
  async post(url, body) {
    try {
      const response = await this.request(url, body);
      if (response.ok || response.status === 409) {
        this.failures = 0;
        this.on.online();
        return await response.json();
      }
      if (response.status === 404) this.stop('gone');
      else this.fail([401, 403].includes(response.status) ? 'signed-out' : 'fault');
    } catch {
      this.fail('offline');
    }
    return null;
  }

  /* The token is read at each request: signing in again in another tab changes it, and that must not lose a save. */
  request(url, body, options = {}) {
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': cookie(this.csrfCookie) };
    return fetch(url, { method: 'POST', credentials: 'same-origin', headers, body: JSON.stringify(body), ...options });
  }

  fail(why) {
    this.on.trouble(why);
    this.schedule(later(this.failures));
    this.failures += 1;
  }

  /* The page may be gone before an answer comes: the rows stay in the queue until one does. */
  lastWords() {
    if (this.stopped || !this.client || !this.queue.size) return;
    const rows = [...this.queue.values()].slice(0, MOST);
    this.request(this.responses, this.body(rows), { keepalive: true }).catch(() => {});
  }

  stop(why) {
    this.stopped = true;
    clearTimeout(this.timer);
    clearInterval(this.heartbeat);
    if (why === 'closed') forgetAttempt(this.attempt);
    this.on.stopped(why);
  }

  /* Hand in with what the page believes is saved; safe to repeat. The server's reply, or null. */
  async submit() {
    await this.ready;
    const key = `exam-submission-${this.attempt}`;
    const submission = sessionStorage.getItem(key) ?? random();
    sessionStorage.setItem(key, submission);
    while (this.queue.size && !this.stopped) if (!(await this.flush())) return null;
    if (this.stopped) return null;
    const digests = [...this.acknowledged].filter(([, digest]) => digest).map(([item, digest]) => ({ item, digest }));
    const reply = await this.post(this.submitUrl, { ...this.body([]), submission_id: submission, digests });
    if (reply?.code === 'moved') this.stop('moved');
    if (reply?.receipt) this.stop('closed');
    return reply;
  }
}
