// JSON with indentation and colors, one screen at first.

import { h } from './dom.js';

const FIRST_LINES = 400;
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b|([[\]{},])/g;

export function jsonView(value, label) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2) ?? '';
  const lines = text.split('\n');
  const isJson = typeof value !== 'string';
  const view = h('pre', { className: 'json', tabIndex: 0, role: 'region', 'aria-label': label });
  if (lines.length <= FIRST_LINES) {
    view.append(...(isJson ? coloured(text) : [text]));
    return [view];
  }
  view.append(...(isJson ? coloured(lines.slice(0, FIRST_LINES).join('\n')) : [lines.slice(0, FIRST_LINES).join('\n')]));
  const rest = h('button', { type: 'button', className: 'copy' }, `Show all ${lines.length} lines`);
  rest.addEventListener('click', () => {
    view.replaceChildren(...(isJson ? coloured(text) : [text]));
    rest.remove();
    view.focus();
  });
  return [view, rest];
}

function coloured(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > end) parts.push(text.slice(end, match.index));
    const [whole, string, colon, number, word] = match;
    if (string) {
      parts.push(h('span', { className: colon ? 'key' : 'string' }, string));
      if (colon) parts.push(h('span', { className: 'mark-up' }, colon));
    } else {
      parts.push(h('span', { className: number ? 'number' : word ? 'word' : 'mark-up' }, whole));
    }
    end = match.index + whole.length;
  }
  parts.push(text.slice(end));
  return parts;
}
