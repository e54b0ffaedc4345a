/*
  The draft of the desk: saved a moment after each change, kept in this browser until the server has it. A stale tab or a
  lost lease answers 409; what was typed stays on the page, and both versions show.
*/
import { said } from './words.js';
const sheet = document.querySelector('[data-sheet]');
const revision = sheet.querySelector('[data-revision]');
const saved = sheet.querySelector('[data-saved]');
const savedText = sheet.querySelector('[data-saved-text]');
const stopped = sheet.querySelector('[data-stopped]');
const note = document.querySelector('[data-note]');
const noteForm = document.querySelector('[data-note-form]');
const moment = document.querySelector('[data-moment]');
const comments = document.querySelector('[data-comments]');
const storeKey = `desk${location.pathname}`;
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
let timer = 0;
let dirty = false;
let halted = false;
let running = Promise.resolve();

const tell = (text, pending) => {
  savedText.textContent = text;
  saved.classList.toggle('save-status--pending', pending);
};
const stop = (sentence) => {
  stopped.hidden = !sentence;
  stopped.querySelector('[data-stopped-text]').textContent = sentence;
};
const typed = () => Object.fromEntries([...new FormData(sheet)].filter(([name]) => name.startsWith('mark-') || name.startsWith('part-') || ['note', 'unheard_reason'].includes(name)));
const keep = () => localStorage.setItem(storeKey, JSON.stringify({ revision: revision.value, fields: typed() }));

const showElsewhere = (draft) => {
  let shown = false;
  for (const row of sheet.querySelectorAll('[data-criterion]')) {
    const theirs = draft?.marks?.[row.dataset.criterion];
    const mine = row.querySelector('input:checked')?.value;
    const differs = theirs !== undefined && String(theirs) !== mine;
    row.querySelector('[data-elsewhere]').textContent = differs ? said('Stored from the other tab: %(theirs)s.', { theirs }) : '';
    if (differs && !shown) row.open = shown = true;
  }
};
const showWaits = (sentence) => {
  document.querySelector('[data-waits-for]').textContent = sentence || said('Everything is there. Sent marks can’t be changed.');
  const send = sheet.querySelector('[data-send]');
  if (sentence) send.setAttribute('aria-disabled', 'true');
  else send.removeAttribute('aria-disabled');
};
const post = (url, body) =>
  fetch(url, { method: 'POST', body, headers: { Accept: 'application/json' }, redirect: 'error' });

const saveNow = async () => {
  const was = dirty;
  dirty = false;
  if (!was || halted) return;
  try {
    const answer = await post(sheet.dataset.draft, new FormData(sheet));
    const told = await answer.json();
    if (answer.ok) {
      revision.value = told.revision;
      showWaits(told.waits_for);
      stop('');
      if (!dirty) localStorage.removeItem(storeKey);
      tell(said('Draft saved %(time)s', { time: clock.format(new Date(told.saved_at)) }), false);
      return;
    }
    halted = answer.status === 409;
    stop(told.code === 'stale-draft' ? `${told.sentence} ${said('Choose, then press “Save draft”.')}` : told.sentence);
    if (told.code === 'stale-draft') showElsewhere(told.draft);
    tell(said('Not saved, kept on this page'), true);
  } catch {
    dirty = true;
    tell(said('Not saved, kept on this page; trying again'), true);
    timer = setTimeout(save, 5000);
  }
};
const save = () => (running = running.then(saveNow));
const change = () => {
  dirty = true;
  keep();
  tell(said('Saving…'), true);
  clearTimeout(timer);
  timer = setTimeout(save, 600);
};
sheet.addEventListener('change', change);
note?.addEventListener('input', change);
document.querySelector('[data-unheard]')?.addEventListener('input', change);
addEventListener('beforeunload', (event) => {
  if (dirty && !halted) event.preventDefault();
});

const video = document.querySelector('[data-player] video');
const atNow = () => {
  const seconds = Math.floor(video.currentTime);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};
note?.addEventListener('focus', () => {
  if (moment && video && !note.value) moment.value = atNow();
});

const addComment = async (event) => {
  event.preventDefault();
  if (!note.value.trim()) return note.focus();
  try {
    const answer = await post(noteForm.dataset.noteForm, new FormData(sheet));
    if (answer.status === 400) return stop((await answer.json()).sentence);
    const list = document.createElement('template');
    list.innerHTML = await answer.text();
    if (!list.content.querySelector('[data-comment]')) return tell(said('Not saved, kept on this page'), true);
    comments.append(list.content);
    document.querySelector('[data-comments-count]').textContent = comments.querySelectorAll('[data-comment]').length;
    note.value = '';
    for (const field of document.querySelectorAll('[data-until]')) field.value = '';
    for (const box of document.querySelectorAll('[data-reuse]')) box.checked = false;
    document.querySelector('[data-key]').value = crypto.randomUUID();
    change();
  } catch {
    tell(said('Comment not saved, kept on this page. Press Add again'), true);
  }
};
document.querySelector('[data-add-comment]')?.addEventListener('click', addComment);

sheet.addEventListener('submit', () => {
  dirty = false;
  clearTimeout(timer);
  localStorage.removeItem(storeKey);
});

const restore = () => {
  const kept = JSON.parse(localStorage.getItem(storeKey) ?? 'null');
  if (!kept) return;
  revision.value = kept.revision; // what was typed on an older draft must not overwrite a newer one unseen: 409 shows both
  for (const [name, value] of Object.entries(kept.fields)) {
    const field = sheet.elements[name];
    if (field) field.value = value;
  }
  sheet.dispatchEvent(new Event('change'));
};
restore();
