/* data-transcript: finds words among its lines; those without them are put away, and blocks that have none left. */
const bind = (transcript) => {
  const box = transcript.querySelector('[data-transcript-search]');
  if (!box) return;
  const field = box.querySelector('input');
  const told = box.querySelector('[data-transcript-found]');
  const lines = [...transcript.querySelectorAll('[data-line]')];

  box.hidden = false;
  field.addEventListener('input', () => {
    const words = field.value.trim().toLowerCase();
    const found = lines.filter((line) => {
      line.hidden = Boolean(words) && !line.textContent.toLowerCase().includes(words);
      return !line.hidden;
    });
    for (const block of transcript.querySelectorAll('[data-block]')) {
      block.hidden = !block.querySelector('[data-line]:not([hidden])');
    }
    told.textContent = words ? `${found.length} of ${lines.length} ${box.dataset.unit ?? 'lines'}` : '';
  });
};
document.querySelectorAll('[data-transcript]').forEach(bind);
