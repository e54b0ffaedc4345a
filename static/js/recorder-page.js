/* The recorder's page: its parts, what it says, and which of its phases shows. */
import { counted, said } from './words.js';
export const root = document.querySelector('[data-recorder]');
let floating = null;

/* The small window that holds some of the page's parts for a while; null when they are back. */
export const alsoLookIn = (other) => (floating = other);
export const find = (name) => document.querySelector(`[data-${name}]`) ?? floating?.querySelector(`[data-${name}]`) ?? null;
export const isOff = (button) => button.getAttribute('aria-disabled') === 'true';

export const clock = (milliseconds) => {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

export const place = {
  uploads: root.dataset.uploads, partsUrl: root.dataset.partsUrl, submission: root.dataset.submission,
  place: root.dataset.place, person: root.dataset.person,
  get pace() { return Number(root.dataset.pace); },
};

const FEW = 4; // both tracks have a piece or two here at any moment

/* A sentence for screen readers alone. */
export const say = (sentence) => (find('say').textContent = sentence);

export const trouble = (title, text = '', { signIn = false, tone = 'caution' } = {}) => {
  const box = find('trouble');
  box.className = `message message--${tone}`;
  box.hidden = !title;
  find('trouble-title').textContent = title;
  find('trouble-text').textContent = text;
  find('sign-in').hidden = !signIn;
};

/* check, recording, finishing or decide. */
export const show = (phase) => {
  root.dataset.phase = phase;
  for (const one of document.querySelectorAll('[data-phase-of]')) one.hidden = one.dataset.phaseOf !== phase;
};

/* One row of the device check. `state`: wait, good, warn or failed. */
export const setCheck = (key, state, result, text) => {
  const row = document.querySelector(`[data-check="${key}"]`);
  row.className = `check check--${state}`;
  row.querySelector('[data-result]').textContent = result;
  if (text !== undefined) row.querySelector('[data-text]').textContent = text;
};

export const setOff = (button, why) => {
  if (why) button.setAttribute('aria-disabled', 'true');
  else button.removeAttribute('aria-disabled');
};

/* What the delivery of a recording says while it goes on; the same words while it is recorded and after a crash. */
export const deliveryWords = (delivery) => {
  let [away, seconds] = [0, 0];
  const pending = (on) => find('saved-line')?.classList.toggle('save-status--pending', on);
  return {
    isAway: () => away > 0,
    waits: () => {
      away ||= Date.now();
      pending(true);
      trouble(said('The connection is away'), said('Everything is kept on this computer and sent as soon as it is back. Keep going.'));
    },
    signedOut: () => {
      away ||= Date.now();
      pending(true);
      trouble(said('You were signed out'), said('Everything is kept on this computer. Sign in, and it goes on by itself.'), { signIn: true });
    },
    back: async () => {
      if (away) seconds = Math.max(1, Math.round((Date.now() - away) / 1000));
      if (!seconds) return null;
      away = 0;
      const left = await delivery().waiting();
      if (!seconds) return null; // the other track has said so meanwhile
      const title = counted('The connection was away for a second', 'The connection was away for %(count)s seconds', seconds);
      if (left > FEW) return trouble(title, said('%(count)s pieces waited on this computer and are on their way. Nothing is missing; keep going.', { count: left }), { tone: 'good' });
      seconds = 0;
      pending(false);
      return trouble(title, said('What waited on this computer has arrived. Nothing is missing; keep going.'), { tone: 'good' });
    },
  };
};
