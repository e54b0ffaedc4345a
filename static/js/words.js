/* What scripts say, in the reader's language. Where the page is not English, its catalogue stands before every script. */

const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (place, name) => (name in values ? String(values[name]) : place));

/* A sentence; `values` by the names that stand in it as %(name)s. */
export const said = (text, values = {}) => fill(globalThis.django?.gettext?.(text) ?? text, values);

/* A sentence that depends on `count`, which both of its forms may name. */
export const counted = (one, many, count, values = {}) =>
  fill(globalThis.django?.ngettext?.(one, many, count) ?? (count === 1 ? one : many), { count, ...values });
