/* A typed number that can't be read is said to be so while it is typed: what the page takes is what is scored. */
for (const field of document.querySelectorAll('[data-typed]')) {
  const control = field.querySelector('[name=answer]');
  const words = field.querySelector('[data-misread] span');
  const look = () => {
    const misread = control.validity.patternMismatch;
    control.setAttribute('aria-invalid', String(misread));
    words.hidden = !misread;
  };
  if (words) {
    control.addEventListener('change', look);
    control.addEventListener('input', () => { if (!words.hidden) look(); });
    look();
  }
}
