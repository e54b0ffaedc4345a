/* The lease: shows what is left and renews it while its grader plays, types or marks. The server decides. */
import { hasNews, heard, showHeard } from './desk-heard.js';
import { said } from './words.js';

const lease = document.querySelector('[data-lease]');
const value = lease.querySelector('[data-lease-value]');
const skew = Date.parse(lease.dataset.now) - Date.now();
const csrf = document.querySelector('[data-sheet] [name="csrfmiddlewaretoken"]').value;
const token = document.querySelector('[data-sheet] [name="token"]').value;
let ends = Date.parse(lease.dataset.expires);
let active = false;
let over = false;

const show = () => {
  const left = Math.max(0, Math.round((ends - Date.now() - skew) / 1000));
  value.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
};
const send = (keepalive) => {
  const body = new URLSearchParams({ token, csrfmiddlewaretoken: csrf, ...heard() });
  return fetch(lease.dataset.lease, { method: 'POST', body, keepalive, headers: { Accept: 'application/json' } });
};
const beat = async () => {
  const playing = document.querySelector('[data-player] video')?.paused === false;
  if (over || !(active || playing)) return;
  active = false;
  try {
    const answer = await send(false);
    if (answer.ok) {
      const told = await answer.json();
      ends = Date.now() + skew + told.seconds * 1000;
      showHeard(told.heard_percent);
    }
    over = answer.status === 409;
  } catch {
    active = true;
  }
};
lease.querySelector('.quiet').textContent = said('Yours for');
for (const sign of ['keydown', 'input', 'pointerdown']) document.addEventListener(sign, () => (active = true));
setInterval(show, 1000);
setInterval(beat, 30_000);
for (const sign of ['pause', 'ended']) {
  document.querySelector('[data-player] .player__video')?.addEventListener(sign, () => ((active = true), beat()));
}
addEventListener('pagehide', () => hasNews() && !over && send(true));
show();
