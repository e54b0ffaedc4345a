/* data-package: the bridge between the page of a lesson and the package in its frame, which lives on another origin.
   Only messages of that frame from that origin are read, of the form that is known, not too large and not too often. */
const box = document.querySelector('[data-package]');
const frame = box.querySelector('iframe');
const said = box.querySelector('[data-package-said]');
const states = JSON.parse(document.getElementById('package-states').textContent);
const { origin, keep, lost, kept, token } = box.dataset;
const MOST_SIGNS = 200000;
const PAUSE = 1000;
let waiting = new Map();
let sending = false;

function isFine(data) {
  return data && data.about === 'package' && typeof data.item === 'string' && data.item in states && typeof data.session === 'string' &&
    data.session.length === 36 && data.values && typeof data.values === 'object' && !Array.isArray(data.values) &&
    Object.entries(data.values).every(([name, value]) => name.length < 200 && typeof value === 'string') &&
    JSON.stringify(data.values).length <= MOST_SIGNS;
}

async function send() {
  if (sending || !waiting.size) return;
  sending = true;
  const [item, body] = waiting.entries().next().value;
  waiting.delete(item);
  try {
    const answer = await fetch(keep, {
      method: 'POST', keepalive: JSON.stringify(body).length < 60000, credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': token }, body: JSON.stringify(body),
    });
    const found = await answer.json();
    said.textContent = answer.ok ? kept : found.sentence || lost;
    if (found.is_done) box.querySelector('[data-package-done]').hidden = false;
  } catch {
    said.textContent = lost;
    if (!waiting.has(item)) waiting.set(item, body);
  }
  setTimeout(() => { sending = false; send(); }, PAUSE);
}

window.addEventListener('message', (event) => {
  if (event.source !== frame.contentWindow || event.origin !== origin) return;
  if (event.data?.about === 'package' && event.data.kind === 'ready') {
    frame.contentWindow.postMessage({ about: 'package', kind: 'state', states }, origin);
  } else if (isFine(event.data)) {
    const { item, session, values } = event.data;
    waiting.set(item, { item, session, values });
    send();
  }
});
frame.src = box.dataset.address;
