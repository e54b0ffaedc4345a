/* Keys of the grading desk beside those of its player. They rest while a text field has the focus. 1-5 scores the open criterion and opens the next. */
import { said } from './words.js';
const sheet = document.querySelector('[data-sheet]');
const rows = [...sheet.querySelectorAll('[data-criterion]')];

const chosen = (row) => row.querySelector('input:checked');
const show = () => {
  let total = 0;
  let scored = 0;
  for (const row of rows) {
    const mark = chosen(row);
    const box = row.querySelector('[data-score]');
    box.textContent = mark?.value ?? '–';
    box.classList.toggle('criterion__score--none', !mark);
    row.querySelector('[data-state]').classList.toggle('criterion__state--done', Boolean(mark));
    const said = mark?.closest('.level').querySelector('.level__text').textContent;
    row.querySelector('[data-said]').textContent = said ? ` · ${said}` : '';
    total += Number(mark?.value ?? 0);
    scored += mark ? 1 : 0;
  }
  sheet.querySelector('[data-total]').textContent = total;
  sheet.querySelector('[data-scored]').textContent = scored;
};
sheet.addEventListener('change', show);

const open = (index) => {
  const row = rows[index];
  if (!row) return;
  row.open = true;
  row.querySelector('summary').focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
  const about = document.querySelector('[data-about]');
  if (about) about.value = row.dataset.criterion;
};
const score = (level) => {
  const at = rows.findIndex((row) => row.open);
  const input = rows[at]?.querySelector(`input[value="${level}"]`);
  if (!input) return;
  input.checked = true;
  input.dispatchEvent(new Event('change', { bubbles: true }));
  open(at + 1);
};
const move = (step) => open(Math.max(0, rows.findIndex((row) => row.open) + step));

const note = () => {
  document.querySelector('[name="pane"][value="comments"]').checked = true;
  document.querySelector('[data-note]')?.focus();
};
const parts = [...document.querySelectorAll('[data-part]')];
const markPart = () => {
  const video = document.querySelector('[data-player] .player__video');
  const field = parts.find((one) => !one.value);
  const told = document.querySelector('[data-part-told]');
  if (!video || !parts.length) return;
  if (!field) return (told.textContent = said('Every part is marked. Empty a field to mark it anew.'));
  const seconds = Math.floor(video.currentTime);
  field.value = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  told.textContent = said('%(part)s begins at %(time)s.', { part: field.closest('label').textContent.trim(), time: field.value });
  sheet.dispatchEvent(new Event('change'));
};
for (const field of parts) {
  field.addEventListener('change', () => field.checkValidity() && sheet.dispatchEvent(new Event('change')));
}
const deeds = {
  ArrowUp: () => move(-1),
  ArrowDown: () => move(1),
  c: note,
  m: markPart,
};
const rests = (target) => target.matches('input:not([type="radio"]), select, textarea, video');
const presses = (target, key) =>
  (key === ' ' && target.matches('button, summary, a, input')) || (key.startsWith('Arrow') && target.matches('input'));

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || rests(event.target) || presses(event.target, event.key)) return;
  const deed = event.key >= '1' && event.key <= '5' ? () => score(event.key) : deeds[event.key];
  if (!deed) return;
  event.preventDefault();
  deed();
});
