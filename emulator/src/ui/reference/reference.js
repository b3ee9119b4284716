// The reference of the served document: the list of operations, and the one that the address names.
//
// Only what is shown is asked for. Keys: / filters, j and k open the next and the previous operation.

import { $, h, say } from './dom.js';
import { methodMark, operationView, prose } from './reference-operation.js';

const read = async (path) => {
  const response = await fetch(`/emulator/${path}`);
  if (!response.ok) throw new Error(`The emulator responded with ${response.status}.`);
  return response.json();
};

const main = $('#main');
const filter = $('#filter');
let about;
let groups = [];
let shown;

function drawMenu() {
  $('#groups').replaceChildren(...groups.map((group) => {
    const links = group.operations.map((operation) => h('li', {},
      h('a', { href: `#${operation.id}`, id: `to-${operation.id}` }, h('span', {}, operation.title), methodMark(operation.method))));
    const section = h('section', {}, h('h2', {}, group.name), h('ul', {}, links));
    group.section = section;
    group.links = links;
    return section;
  }));
}

function narrowMenu() {
  const wanted = filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  let matches = 0;
  for (const group of groups) {
    let some = false;
    group.operations.forEach((operation, at) => {
      const text = `${group.name} ${operation.title} ${operation.method} ${operation.path} ${operation.id}`.toLowerCase();
      const matched = wanted.every((word) => text.includes(word));
      group.links[at].hidden = !matched;
      some ||= matched;
      matches += matched;
    });
    group.section.hidden = !some;
  }
  $('#no-match').hidden = matches > 0;
}

const visible = () => groups.flatMap((group) => group.operations.filter((_, at) => !group.links[at].hidden));

function overview() {
  const count = groups.reduce((sum, group) => sum + group.operations.length, 0);
  return h('article', { className: 'overview' },
    h('h1', { tabIndex: -1 }, 'API reference'),
    h('p', {}, `${count} operations, served at `, h('code', {}, location.origin), '. Requests from this page are sent there, with the key ', h('code', {}, about.key), '.'),
    h('p', {}, 'Every request has the header ', h('code', {}, 'Authorization: Bearer <key>'), '. Operations for browsers need the public key, ', h('code', {}, `public-${about.key}`), '. An error is ', h('code', {}, '{"message", "error", "statusCode"}'), '.'),
    groups.map((group) => h('section', {},
      h('h2', {}, group.name),
      group.about && h('p', { className: 'quiet' }, prose(group.about)),
      h('ul', { className: 'operations' }, group.operations.map((operation) => h('li', {},
        h('a', { href: `#${operation.id}` }, methodMark(operation.method), h('span', {}, operation.title), h('code', {}, operation.path))))))));
}

function named() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
}

// Shows what the address names. A reader who followed a link is taken to the title.
async function show(follow) {
  const id = named();
  shown = id;
  document.body.classList.toggle('reads', id !== '');
  for (const link of document.querySelectorAll('#groups [aria-current]')) link.removeAttribute('aria-current');
  const link = document.getElementById(`to-${id}`);
  link?.setAttribute('aria-current', 'page');
  // Only the menu may scroll.
  if (link && link.offsetParent) {
    const menu = $('#menu .scroll');
    const { top, bottom } = link.getBoundingClientRect();
    const frame = menu.getBoundingClientRect();
    if (top < frame.top || bottom > frame.bottom) menu.scrollTop += top - frame.top - frame.height / 3;
  }
  let view;
  if (id === '') {
    view = overview();
  } else {
    try {
      const operation = await read(`reference/operations/${encodeURIComponent(id)}`);
      view = operationView(operation, { key: about.key, read });
    } catch (error) {
      view = h('article', {}, h('h1', { tabIndex: -1 }, 'No such operation'), h('p', {}, error.message, ' ', h('a', { href: '#' }, 'All operations')));
    }
  }
  // Another one may have been asked for meanwhile.
  if (shown !== id) return;
  main.replaceChildren(view);
  document.title = `${$('h1', main).textContent} · vapi-emulator`;
  if (follow) {
    scrollTo(0, 0);
    $('h1', main).focus({ preventScroll: true });
  }
}

function step(by) {
  const operations = visible();
  const at = operations.findIndex((operation) => operation.id === shown);
  const next = operations[at < 0 ? 0 : at + by];
  if (next) location.hash = `#${next.id}`;
}

filter.addEventListener('input', narrowMenu);
filter.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    filter.value = '';
    narrowMenu();
    filter.blur();
  } else if (event.key === 'Enter') {
    const [first] = visible();
    if (first) location.hash = `#${first.id}`;
  }
});
document.addEventListener('keydown', (event) => {
  const writes = event.target.closest?.('input, textarea, select');
  if (writes || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/') {
    event.preventDefault();
    filter.focus();
  } else if (event.key === 'j') step(1);
  else if (event.key === 'k') step(-1);
});
addEventListener('hashchange', () => show(true));

try {
  const [information, catalog] = await Promise.all([read(''), read('reference')]);
  about = information;
  groups = catalog.groups;
  drawMenu();
  await show(false);
} catch (error) {
  say(main, error instanceof TypeError ? 'The emulator does not respond.' : error.message);
}
