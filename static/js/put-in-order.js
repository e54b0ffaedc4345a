/* A list to put in order: rows are dragged, or moved by buttons. The typed places beside them work without this script. */
const rowsOf = (list) => [...list.querySelectorAll('[data-row]')];
const placeOf = (row) => row.querySelector('.order__place');

const paint = (list) => {
  const rows = rowsOf(list);
  rows.forEach((row, index) => {
    placeOf(row).value = index + 1;
    row.querySelector('[data-move="-1"]').disabled = index === 0;
    row.querySelector('[data-move="1"]').disabled = index === rows.length - 1;
  });
};

const tell = (list, row) => {
  const rows = rowsOf(list);
  const facts = { name: row.dataset.name, place: rows.indexOf(row) + 1, count: rows.length };
  list.parentElement.querySelector('[data-order-said]').textContent =
    list.dataset.said.replace(/\{(name|place|count)\}/g, (_, key) => facts[key]);
};

const put = (list, row, place) => {
  const others = rowsOf(list).filter((one) => one !== row);
  const index = Math.min(Math.max(place, 0), others.length);
  if (index === others.length) list.append(row);
  else others[index].before(row);
  paint(list);
  tell(list, row);
};

const byButton = (list, button) => {
  const row = button.closest('[data-row]');
  put(list, row, rowsOf(list).indexOf(row) + Number(button.dataset.move));
  (button.disabled ? row.querySelector('[data-move]:not([disabled])') : button)?.focus();
};

const byDragging = (list) => {
  let dragged = null;
  list.addEventListener('dragstart', (event) => {
    dragged = event.target.closest('[data-row]');
    event.dataTransfer.effectAllowed = 'move';
    event.dataTransfer.setData('text/plain', '');
  });
  list.addEventListener('dragover', (event) => {
    const over = event.target.closest('[data-row]');
    if (!dragged) return;
    event.preventDefault();
    if (!over || over === dragged) return;
    const { top, height } = over.getBoundingClientRect();
    if (event.clientY < top + height / 2) over.before(dragged);
    else over.after(dragged);
  });
  list.addEventListener('dragend', () => {
    if (!dragged) return;
    paint(list);
    tell(list, dragged);
    dragged = null;
  });
};

for (const list of document.querySelectorAll('[data-order]')) {
  for (const button of list.querySelectorAll('[data-move]')) button.hidden = false;
  for (const row of rowsOf(list)) row.draggable = true;
  list.addEventListener('click', ({ target }) => {
    const button = target.closest('[data-move]');
    if (button) byButton(list, button);
  });
  list.addEventListener('change', ({ target }) => {
    if (target.matches('.order__place') && target.value) put(list, target.closest('[data-row]'), Number(target.value) - 1);
  });
  byDragging(list);
  paint(list);
}
