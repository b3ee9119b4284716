// Elements from data. Text becomes text nodes only, so that text of a caller is never parsed as markup.

export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== 'list') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const $ = (selector, within = document) => within.querySelector(selector);

// Changes the page only for new text, so that selections survive and screen readers stay silent.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function copyButton(text, label) {
  const button = h('button', { type: 'button', className: 'copy', 'aria-label': `Copy ${label}` }, 'Copy');
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'No access';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1400);
  });
  return button;
}
