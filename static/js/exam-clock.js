/* data-clock="milliseconds left": counts by the page's own monotonic clock, set right by every reply of the server.
   Warns at 10, 5 and 1 minute in a live region, and says when time is up; the server would close anyway. */
import { counted, said } from './words.js';
const clock = document.querySelector('[data-clock]');
const value = clock.querySelector('[data-clock-value]');
const region = document.querySelector('[data-clock-say]');
const until = clock.querySelector('[data-clock-until]');
const WARNINGS = [10, 5, 1];
let left = Number(clock.dataset.clock);
let since = performance.now();
let unsaid = WARNINGS.filter((minutes) => left <= minutes * 60000);
let over = false;
/* The end as the server wrote it: what staff add is added to its words, since the device's own clock may be wrong. */
const first = { left, since, seconds: until.textContent.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) };
const DAY = 86400;
const twoDigits = (number) => String(number).padStart(2, '0');

const remaining = () => Math.max(0, left - (performance.now() - since));
const show = (seconds) => {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, String(seconds % 60).padStart(2, '0')];
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
};

const showEnd = () => {
  const moved = Math.round((left + since - first.left - first.since) / 1000);
  if (Math.abs(moved) < 2) return; // the way of a reply takes a moment, too
  const seconds = (((first.seconds + moved) % DAY) + DAY) % DAY;
  until.textContent = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(twoDigits).join(':');
};

const tick = () => {
  const now = remaining();
  value.textContent = show(Math.floor(now / 1000));
  clock.classList.toggle('timer--soon', now <= 300000);
  const due = WARNINGS.filter((minutes) => now <= minutes * 60000 && !unsaid.includes(minutes));
  if (due.length) {
    const minutes = Math.min(...due);
    unsaid = unsaid.concat(due);
    region.textContent = counted('%(count)s minute left. What is saved is scored when time is up.', '%(count)s minutes left. What is saved is scored when time is up.', minutes);
  }
  if (now <= 0 && !over) {
    over = true;
    region.textContent = said('Time is up. What is saved is scored.');
    document.dispatchEvent(new CustomEvent('exam:time-up'));
  }
};

document.addEventListener('exam:sync', ({ detail }) => {
  left = detail;
  since = performance.now();
  unsaid = unsaid.filter((minutes) => left <= minutes * 60000);
  if (left > 0) over = false;
  showEnd();
  tick();
});
setInterval(tick, 500);
