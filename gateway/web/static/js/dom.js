// Elements in a line, and lists that touch only what changed.

export const byId = (id) => document.getElementById(id);

export function h(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, what] of Object.entries(given)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), what);
    else if (name in made && name !== "list" && name !== "role") made[name] = what;
    else made.setAttribute(name, what);
  }
  made.append(...children);
  return made;
}

const custom = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// A colour of the page; custom properties that name another one are not resolved by the browser.
export function resolved(name) {
  let found = custom(name);
  for (let step = 0; step < 3 && found.startsWith("var("); step += 1) found = custom(found.slice(4, -1));
  return found;
}

export function text(element, what) {
  if (element.textContent !== what) element.textContent = what;
}

// Have an element hold as many rows as there are items; ``fill`` writes an item into a row.
export function rows(parent, items, make, fill) {
  while (parent.childElementCount > items.length) parent.lastElementChild.remove();
  while (parent.childElementCount < items.length) parent.append(make());
  items.forEach((item, place) => fill(parent.children[place], item, place));
}
