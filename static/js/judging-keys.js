/* data-versus: 1 and 2 choose a side and put the focus on the button, so that Enter keeps it. They rest while something is typed. */
const form = document.querySelector('[data-versus]');

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('textarea, select, input:not([type=radio])')) return;
  const side = form.querySelector(`[data-side="${CSS.escape(event.key)}"]`);
  if (!side) return;
  side.checked = true;
  form.querySelector('[data-keep]').focus();
});
