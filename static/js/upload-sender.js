/* Sends one file by tus 1.0 and never gives up while the page is open. Only what the server acknowledged counts. */
const TUS = { 'Tus-Resumable': '1.0.0' };
export const SHORTEST_WAIT = 500;
export const LONGEST_WAIT = 8000;
const STALLED = 60_000;
const AGAIN = new Set([0, 408, 409, 423, 429, 460, 500, 502, 503, 504, 507]);
const GONE = new Set([404, 410]);

/* Trouble that waiting doesn't cure. `code`: gone, signed-out or refused; `sentence`: what the server said. */
export class Stop extends Error {
  constructor(code, sentence = '') {
    super(sentence || code);
    Object.assign(this, { code, sentence });
  }
}

/* The token changes when somebody signs in again, so it is read anew for each request. */
const token = () =>
  /(?:^|;\s*)(?:__Host-csrf|csrftoken)=([^;]+)/.exec(document.cookie)?.[1] ??
  document.querySelector('[name="csrfmiddlewaretoken"]')?.value ?? '';

export const headers = (more = {}) => ({ ...TUS, 'X-CSRFToken': token(), Accept: 'application/json', ...more });

export const pause = (milliseconds) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    window.addEventListener('online', () => (clearTimeout(timer), resolve()), { once: true });
  });

export const sentenceOf = async (answer) => {
  try {
    return (await answer.json()).sentence ?? '';
  } catch {
    return '';
  }
};

const base64 = (text) => btoa(String.fromCodePoint(...new TextEncoder().encode(text)));

/* Begin an upload: its address and its recording's id. Without `length` it is told at the end. Trouble of the server or the
   line throws Error: asking again may help. */
export const beginUpload = async (address, about, length = null) => {
  const metadata = Object.entries(about).map(([key, value]) => `${key} ${base64(String(value))}`).join(',');
  const told = length === null ? { 'Upload-Defer-Length': '1' } : { 'Upload-Length': String(length) };
  const answer = await fetch(address, { method: 'POST', redirect: 'manual', headers: headers({ ...told, 'Upload-Metadata': metadata }) });
  if (answer.status === 401) throw new Stop('signed-out');
  if (answer.status >= 500 && answer.status !== 507) throw new Error(`POST ${answer.status}`);
  if (answer.status !== 201) throw new Stop('refused', await sentenceOf(answer));
  return { url: answer.headers.get('Location'), recording: answer.headers.get('Recording') };
};

export const createUpload = async (address, file, { submission, place }) => {
  const about = { submission, place, filename: file.name.slice(0, 200), lastmodified: String(file.lastModified) };
  return (await beginUpload(address, about, file.size)).url;
};

/* How many bytes the server has, and the length that was told (NaN before). Throws Stop where asking again can't help, Error
   where it can. */
export const askState = async (url) => {
  const answer = await fetch(url, { method: 'HEAD', headers: headers(), cache: 'no-store', redirect: 'manual' });
  if (answer.status === 401) throw new Stop('signed-out');
  if (GONE.has(answer.status)) throw new Stop('gone');
  if (!answer.ok) throw new Error(`HEAD ${answer.status}`);
  const numberIn = (name) => Number.parseInt(answer.headers.get(name), 10);
  return { offset: numberIn('Upload-Offset'), length: numberIn('Upload-Length') };
};

export const askOffset = async (url) => (await askState(url)).offset;

export const endUpload = (url) => fetch(url, { method: 'DELETE', headers: headers() });

/* One PATCH by XMLHttpRequest, because fetch can't tell how much is on its way. */
export const sendPiece = (url, offset, piece, signal, onSent, more = {}) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let stall = 0;
    const alive = () => {
      clearTimeout(stall);
      stall = setTimeout(() => request.abort(), STALLED);
    };
    request.open('PATCH', url);
    const all = headers({ 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset), ...more });
    for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', (event) => (alive(), onSent(offset + event.loaded)));
    request.addEventListener('loadend', () => {
      clearTimeout(stall);
      resolve(request);
    });
    signal.addEventListener('abort', () => request.abort(), { once: true });
    if (signal.aborted) return reject(signal.reason);
    alive();
    return request.send(piece);
  });

export const judge = (request) => {
  if (request.status === 204) return Number(request.getResponseHeader('Upload-Offset'));
  if (request.status === 401) throw new Stop('signed-out');
  if (GONE.has(request.status)) throw new Stop('gone');
  let told = {};
  try {
    told = JSON.parse(request.responseText);
  } catch { /* a page instead of JSON has nothing for the learner */ }
  const isRefused = request.status === 409 && told.code && told.code !== 'wrong-offset';
  if (AGAIN.has(request.status) && !isRefused) throw new Error(`PATCH ${request.status}`);
  throw new Stop('refused', told.sentence);
};

const sendRest = async ({ file, url, chunk, signal, on }, moved) => {
  let offset = await askOffset(url);
  on.safe(offset);
  while (offset < file.size) {
    const piece = file.slice(offset, Math.min(file.size, offset + chunk));
    offset = judge(await sendPiece(url, offset, piece, signal, on.sent));
    moved();
    on.safe(offset);
  }
};

/* Send until every byte is acknowledged. `on`: safe(bytes), sent(bytes), waits(milliseconds), signedOut(). Throws Stop. */
export const sendFile = async (job) => {
  let wait = SHORTEST_WAIT;
  for (;;) {
    try {
      return await sendRest(job, () => (wait = SHORTEST_WAIT));
    } catch (trouble) {
      if (job.signal.aborted) throw new Stop('ended');
      if (trouble instanceof Stop && trouble.code !== 'signed-out') throw trouble;
      if (trouble instanceof Stop) job.on.signedOut();
      else job.on.waits(wait);
    }
    await pause(wait);
    wait = Math.min(LONGEST_WAIT, wait * 2);
  }
};
