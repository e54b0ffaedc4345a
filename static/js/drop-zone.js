/* data-drop: a form with one file field takes a file that is dropped on it, and sends itself. Without script the field does. */
for (const form of document.querySelectorAll('[data-drop]')) {
  const field = form.querySelector('input[type="file"]');
  const over = (event) => {
    if (!event.dataTransfer.types.includes('Files')) return;
    event.preventDefault();
    form.classList.add('drop--over');
  };
  form.addEventListener('dragenter', over);
  form.addEventListener('dragover', over);
  form.addEventListener('dragleave', (event) => !form.contains(event.relatedTarget) && form.classList.remove('drop--over'));
  form.addEventListener('drop', (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    form.classList.remove('drop--over');
    field.files = event.dataTransfer.files;
    form.requestSubmit();
  });
}
