/* The written part of a try: saved a moment after typing stops, kept in this browser until the server has it. */
const notes = document.querySelector('[data-notes]');
const revision = document.querySelector('[data-revision]');
const status = document.querySelector('[data-saved]');
const text = document.querySelector('[data-saved-text]');
let timer = 0;
let dirty = false;
let halted = false;

const tell = (sentence, pending) => {
  text.textContent = sentence;
  status.classList.toggle('save-status--pending', pending);
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
      return tell(`${told.sentence} Press “Save notes” to see both.`, true);
    }
    revision.value = told.revision;
    if (!dirty) localStorage.removeItem(notes.dataset.key);
    return tell(`Saved ${new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' }).format(new Date())}`, false);
  } catch {
    dirty = true;
    timer = setTimeout(save, 5000);
    return tell('Not saved, kept on this page; trying again', true);
  }
};
const change = () => {
  dirty = true;
  localStorage.setItem(notes.dataset.key, JSON.stringify({ revision: revision.value, text: notes.value }));
  if (halted) return;
  tell('Saving…', true);
  clearTimeout(timer);
  timer = setTimeout(save, 800);
};
notes?.addEventListener('input', change);
notes?.form.addEventListener('submit', () => {
  clearTimeout(timer);
  localStorage.removeItem(notes.dataset.key);
});
const kept = notes && JSON.parse(localStorage.getItem(notes.dataset.key) ?? 'null');
if (kept && kept.text !== notes.value) {
  notes.value = kept.text;
  revision.value = kept.revision; // what was typed on older notes must not overwrite newer ones unseen: 409 shows both
  change();
}
