/* data-site-search: the field in the head. "/" goes to it, Esc leaves it; while typing, a listbox suggests pages. */
const WAIT_MS = 150;

const isEditable = (element) =>
  element instanceof HTMLElement &&
  (element.isContentEditable || element.matches('input, textarea, select, [role="textbox"], [role="combobox"]'));

const bind = (form) => {
  const field = form.querySelector('input[type="search"]');
  const list = form.querySelector('[role="listbox"]');
  const said = form.querySelector('[data-said]');
  let asked = null;
  let timer = 0;
  let chosen = -1;

  field.setAttribute('role', 'combobox');
  field.setAttribute('aria-autocomplete', 'list');
  field.setAttribute('aria-expanded', 'false');
  field.setAttribute('aria-controls', list.id);

  const close = () => {
    clearTimeout(timer);
    asked?.abort();
    asked = null;
    list.hidden = true;
    list.replaceChildren();
    chosen = -1;
    field.setAttribute('aria-expanded', 'false');
    field.removeAttribute('aria-activedescendant');
  };

  const choose = (index) => {
    const options = [...list.children];
    if (!options.length) return;
    // One place more than there are suggestions: the field itself, with what was typed.
    chosen = ((index + 1 + options.length + 1) % (options.length + 1)) - 1;
    options.forEach((option, place) => option.setAttribute('aria-selected', String(place === chosen)));
    if (chosen < 0) field.removeAttribute('aria-activedescendant');
    else {
      field.setAttribute('aria-activedescendant', options[chosen].id);
      options[chosen].scrollIntoView({ block: 'nearest' });
    }
  };

  const optionOf = (item, place) => {
    const option = document.createElement('li');
    option.id = `${list.id}-${place}`;
    option.className = 'site-search__option';
    option.setAttribute('role', 'option');
    option.setAttribute('aria-selected', 'false');
    option.dataset.address = item.address;
    const title = document.createElement('span');
    title.className = 'site-search__title';
    title.textContent = item.title;
    const kind = document.createElement('span');
    kind.className = 'site-search__kind';
    kind.textContent = item.within ? `${item.kind} · ${item.within}` : item.kind;
    option.append(title, ' ', kind);
    return option;
  };

  const show = (answer) => {
    list.replaceChildren(...answer.items.map(optionOf));
    list.hidden = !answer.items.length;
    chosen = -1;
    field.removeAttribute('aria-activedescendant');
    field.setAttribute('aria-expanded', String(!list.hidden));
    said.textContent = answer.said;
  };

  const ask = async () => {
    const typed = field.value.trim();
    asked?.abort();
    if (!typed) return close();
    const request = new AbortController();
    asked = request;
    try {
      const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(typed)}`, {
        headers: { Accept: 'application/json' },
        signal: request.signal,
      });
      const told = answer.ok ? await answer.json() : null;
      if (asked !== request || document.activeElement !== field) return;
      if (told) show(told);
      else close();
    } catch {
      // Aborted, or away: the form works without suggestions.
      if (asked === request) close();
    }
  };

  field.addEventListener('input', (event) => {
    clearTimeout(timer);
    if (event.isComposing) return;
    if (field.value.trim()) timer = setTimeout(ask, WAIT_MS);
    else {
      close();
      said.textContent = '';
    }
  });
  field.addEventListener('compositionend', () => { timer = setTimeout(ask, WAIT_MS); });
  field.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (list.hidden) ask();
      else choose(chosen < 0 && event.key === 'ArrowUp' ? list.children.length - 1 : chosen + (event.key === 'ArrowDown' ? 1 : -1));
      event.preventDefault();
    } else if (event.key === 'Enter' && chosen >= 0) {
      event.preventDefault();
      location.assign(list.children[chosen].dataset.address);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      if (list.hidden) field.blur();
      else close();
    } else if (event.key === 'Tab') close();
  });
  // Pressed, not clicked: the field keeps its focus until the choice is made.
  list.addEventListener('mousedown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) location.assign(option.dataset.address);
  });
  field.addEventListener('blur', close);
  form.addEventListener('submit', (event) => {
    if (!field.value.trim()) event.preventDefault();
    clearTimeout(timer);
  });
  document.addEventListener('keydown', (event) => {
    const free = !event.ctrlKey && !event.metaKey && !event.altKey && !event.defaultPrevented && !event.repeat;
    if (event.key !== '/' || !free || isEditable(event.target) || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
};
document.querySelectorAll('[data-site-search]').forEach(bind);
