/* Puts a kept wording into the comment, with its criterion; it may be changed there. */
const note = document.querySelector('[data-note]');
const about = document.querySelector('[data-about]');

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-use]');
  if (!button || !note) return;
  note.value = [note.value.trim(), button.dataset.use].filter(Boolean).join(' ');
  if (about && button.dataset.useAbout) about.value = button.dataset.useAbout;
  note.dispatchEvent(new Event('input', { bubbles: true }));
  note.focus();
});
