/* The written part of a try, notes and worksheet: saved a moment after typing stops, kept in this browser until the server has it. */
import { said } from './words.js';
const notes = document.querySelector('[data-notes]');
const revision = document.querySelector('[data-revision]');
const status = document.querySelector('[data-saved]');
const text = document.querySelector('[data-saved-text]');
const typed = [...document.querySelectorAll('[data-typed]')];
let timer = 0;
let dirty = false;
let halted = false;

const tell = (sentence, pending) => {
  text.textContent = sentence;
  status.classList.toggle('save-status--pending', pending);
};
/* What the server says of each field, and whether the whole may be handed in now. */
const judge = ({ faults, waits_for: waitsFor }) => {
  for (const [name, fault] of Object.entries(faults)) {
    const shown = document.querySelector(`[data-fault="${name}"]`);
    const wrong = fault && document.querySelector(`[name="${name}"]`).value.trim();
    shown.textContent = wrong ? fault : '';
    shown.className = wrong ? 'field__error' : 'field__hint';
  }
  const why = document.querySelector('[data-why-not]');
  if (!why || why.dataset.before) return; // an upload is on its way, and says so itself
  if (waitsFor) why.textContent = waitsFor;
  else if (document.querySelector('[data-hand-in][aria-disabled]')) why.textContent = said('You can hand in now.');
  const button = document.querySelector('[data-hand-in]');
  if (waitsFor) button.setAttribute('aria-disabled', 'true');
  else button.removeAttribute('aria-disabled');
};
const save = async () => {
  const body = new FormData(notes.form);
  dirty = false;
  try {
    const answer = await fetch(notes.dataset.notes, {
      method: 'POST', body, headers: { Accept: 'application/json' }, redirect: 'error',
    });
    const told = await answer.json();
    if (!answer.ok) {
      halted = answer.status === 409;
      return tell(`${told.sentence} ${said('Press “Save” to see both.')}`, true);
    }
    revision.value = told.revision;
    if (!dirty) localStorage.removeItem(notes.dataset.key);
    judge(told);
    return tell(said('Saved %(time)s', { time: new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' }).format(new Date()) }), false);
  } catch {
    dirty = true;
    timer = setTimeout(save, 5000);
    return tell(said('Not saved, kept on this page; trying again'), true);
  }
};
const change = () => {
  dirty = true;
  const values = Object.fromEntries(typed.map((field) => [field.name, field.value]));
  localStorage.setItem(notes.dataset.key, JSON.stringify({ revision: revision.value, values }));
  if (halted) return;
  tell(said('Saving…'), true);
  clearTimeout(timer);
  timer = setTimeout(save, 800);
};
for (const field of typed) field.addEventListener('input', change);
notes?.form.addEventListener('submit', () => {
  clearTimeout(timer);
  localStorage.removeItem(notes.dataset.key);
});
const kept = notes && JSON.parse(localStorage.getItem(notes.dataset.key) ?? 'null');
const differs = (field) => field.name in (kept?.values ?? {}) && kept.values[field.name] !== field.value;
if (typed.some(differs)) {
  for (const field of typed.filter(differs)) field.value = kept.values[field.name];
  revision.value = kept.revision; // what was typed on older words must not overwrite newer ones unseen: 409 shows both
  change();
}
