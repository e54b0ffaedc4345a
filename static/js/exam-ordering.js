/* Things to put in order: buttons move a thing up and down. The places to choose beside them work without this script. */
import { said } from './words.js';
const things = (list) => [...list.querySelectorAll('[data-thing]')];
const placeOf = (thing) => thing.querySelector('[name=answer]');

/* Index 0 of each choice is "no place yet", so the place of a thing is its index in the list plus one. */
const number = (list) => things(list).forEach((thing, index) => { placeOf(thing).selectedIndex = index + 1; });

const paint = (list) => {
  const rows = things(list);
  for (const thing of rows) {
    thing.querySelector('[data-move="-1"]').disabled = thing === rows[0];
    thing.querySelector('[data-move="1"]').disabled = thing === rows.at(-1);
  }
};

const tell = (list, thing) => {
  const rows = things(list);
  list.parentElement.querySelector('[data-moved]').textContent = said('Now place %(place)s of %(all)s.', { place: rows.indexOf(thing) + 1, all: rows.length });
};

const move = (list, thing, button) => {
  const rows = things(list);
  const other = rows[rows.indexOf(thing) + Number(button.dataset.move)];
  if (!other) return;
  if (button.dataset.move === '1') other.after(thing);
  else other.before(thing);
  number(list);
  paint(list);
  const usable = button.disabled ? thing.querySelector('[data-move]:not([disabled])') : button;
  usable.focus();
  tell(list, thing);
  placeOf(thing).dispatchEvent(new CustomEvent('change', { bubbles: true, detail: 'moved' }));
};

/* A place is one thing's: whoever held it takes the place that came free. Once all have one, the list shows them so. */
const choose = (list, thing, before) => {
  const chosen = placeOf(thing);
  const other = things(list).find((one) => one !== thing && chosen.selectedIndex && placeOf(one).selectedIndex === chosen.selectedIndex);
  if (other) placeOf(other).selectedIndex = before;
  const rows = things(list);
  if (rows.some((one) => !placeOf(one).selectedIndex)) return;
  rows.sort((one, two) => placeOf(one).selectedIndex - placeOf(two).selectedIndex);
  const focused = document.activeElement;
  list.append(...rows);
  focused?.focus();
  paint(list);
  tell(list, thing);
};

for (const list of document.querySelectorAll('[data-ordering]')) {
  const held = new WeakMap();
  const remember = () => things(list).forEach((thing) => held.set(thing, placeOf(thing).selectedIndex));
  remember();
  paint(list);
  for (const button of list.querySelectorAll('[data-move]')) button.hidden = false;
  list.addEventListener('click', ({ target }) => {
    const button = target.closest('[data-move]');
    if (button) move(list, button.closest('[data-thing]'), button);
  });
  list.addEventListener('change', ({ target, detail }) => {
    if (detail !== 'moved') choose(list, target.closest('[data-thing]'), held.get(target.closest('[data-thing]')));
    remember();
  });
}
