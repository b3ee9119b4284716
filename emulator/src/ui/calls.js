// The live view of calls. It reads the calls once, receives changes as events, and connects list, detail, dialogs and
// keys. No framework, no build step.

import { Detail } from './detail.js';
import { PlaceDialog, setUpDialogs } from './dialogs.js';
import { $, copyButton, h, say } from './dom.js';
import { shortDuration, timeOfDay, words } from './format.js';
import { CallList, STATES } from './list.js';

const narrow = matchMedia('(max-width: 760px)');
let skew = 0;
let about = {};

// The current time of the emulator's clock.
const now = () => Date.now() + skew;

// Sends a request to the emulator: a GET, or with a body a POST.
async function send(path, body) {
  const headers = { 'content-type': 'application/json' };
  const options = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) };
  const response = await fetch(`/emulator/${path}`, options);
  const result = await response.json().catch(() => null);
  if (!response.ok) throw new Error([result?.message ?? `The emulator responded with ${response.status}`].flat().join('\n'));
  return result;
}

// Returns decoded text, or nothing where an address has a broken escape.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

let toasting;
function toast(text) {
  const element = $('#toast');
  say(element, text);
  element.hidden = false;
  clearTimeout(toasting);
  toasting = setTimeout(() => { element.hidden = true; }, 5000);
}

const attempt = (action) => async (...given) => {
  try {
    return await action(...given);
  } catch (error) {
    toast(error instanceof TypeError ? 'The emulator does not respond.' : error.message);
    return undefined;
  }
};

// Clock

function setClock(clock) {
  skew = clock.now - Date.now();
  const ahead = $('#clock-ahead');
  ahead.hidden = clock.ahead < 1000;
  say(ahead, `+${shortDuration(clock.ahead)}`);
  drawClock();
}

function drawClock() {
  say($('#clock-time'), timeOfDay(now()));
}

const advance = attempt(async (seconds) => {
  await send('clock', { advance: `${seconds}s` });
  say($('#said'), `The clock has advanced by ${shortDuration(seconds * 1000)}.`);
  await refresh();
});

// List and detail

const detail = new Detail($('#detail'), {
  now, back, hangUp: attempt(hangUp), act: attempt(act),
  exchange: (call, webhook) => send(`calls/${encodeURIComponent(call)}/webhooks/${encodeURIComponent(webhook)}`),
});
const list = new CallList({ now, select: show, open: read });

function show(id) {
  const summary = list.get(id);
  if (!summary) return;
  if (detail.id !== id) {
    detail.open(summary);
    history.replaceState(null, '', `#${id}`);
  }
  load(id);
}

// Loads the open call, one request at a time. A change meanwhile causes one more request.
let loading = false;
let again = false;
async function load(id) {
  if (loading) {
    again = true;
    return;
  }
  loading = true;
  try {
    const data = await send(`calls/${encodeURIComponent(id)}`);
    setClock(data.clock);
    detail.show(data);
  } catch {
    // The call or the emulator is gone. The list shows it.
  }
  loading = false;
  if (again) {
    again = false;
    if (detail.id) load(detail.id);
  }
}

function read() {
  if (!detail.id) list.move('first');
  if (!detail.id) return;
  document.body.classList.add('reading');
  $('#detail').focus({ preventScroll: true });
}

function back() {
  document.body.classList.remove('reading');
  list.focus();
}

async function hangUp() {
  if (!detail.id || !detail.isLive) return;
  await send(`calls/${encodeURIComponent(detail.id)}/hang-up`, { by: detail.isByHand ? 'customer' : 'assistant' });
  await refresh();
}

// Performs an action in the open call by hand.
async function act(action, body) {
  const { id } = detail;
  await send(`calls/${encodeURIComponent(id)}/${action}`, body);
  load(id);
  return true;
}

function welcome() {
  const curl = `curl ${location.origin}/call \\\n  -H 'Authorization: Bearer ${about.key}' \\\n  -H 'Content-Type: application/json' \\\n  -d '{"assistant": {"firstMessage": "Hello!"}, "customer": {"number": "+15555550123"}}'`;
  const row = (name, text) => [h('span', { className: 'name' }, name), h('span', { className: 'where', title: text }, text), copyButton(() => text, name)];
  const copy = copyButton(() => curl, 'the command');
  return h('div', { className: 'welcome' },
    h('h1', {}, 'Calls appear here while they happen'),
    h('p', {}, 'This is a local Vapi. Point a client at it, or place a test call: this page shows who calls, what is said, and how your webhooks respond.'),
    h('div', { className: 'links' }, row('Base URL', location.origin), row('API key', about.key ?? ''), row('Document', `${location.origin}/api-json`)),
    h('div', { className: 'snippet' }, h('pre', {}, curl), copy),
    h('p', { className: 'hint quiet' }, 'Press ', h('kbd', {}, 'c'), ' to place a call from here, ', h('kbd', {}, '?'), ' for all keys.'));
}

// Filter

const query = $('#query');
const chips = new Map(['all', ...STATES].map((state) => {
  const input = h('input', { type: 'radio', name: 'state', value: state, checked: state === 'all', onchange: applyFilter });
  const count = h('span', { className: 'count' }, '0');
  $('#states').append(h('label', {}, input, words(state), count));
  return [state, { input, count }];
}));

function applyFilter() {
  const state = [...chips].find(([, { input }]) => input.checked)?.[0] ?? 'all';
  list.filter(state, query.value);
}

function clearFilter() {
  query.value = '';
  chips.get('all').input.checked = true;
  applyFilter();
}

query.addEventListener('input', applyFilter);
$('.filter').addEventListener('submit', (event) => { event.preventDefault(); list.move('first'); list.focus(); });
$('#list-empty button').addEventListener('click', () => { clearFilter(); list.focus(); });

let total = 0;
list.oncount = (counts, size) => {
  for (const [state, { count }] of chips) {
    const number = state === 'all' ? size : counts.get(state) ?? 0;
    say(count, String(number));
    count.parentElement.classList.toggle('none', number === 0);
  }
  total = Math.max(total, size);
  const live = size - (counts.get('ended') ?? 0) - (counts.get('scheduled') ?? 0);
  document.title = live ? `${live} live · vapi-emulator` : 'Calls · vapi-emulator';
};
list.onshown = () => {
  const none = list.shown === 0;
  const empty = $('#list-empty');
  empty.hidden = !none;
  say($('.title', empty), list.size ? 'No call matches the filter' : 'No calls yet');
  say($('.quiet', empty), list.size ? 'Matching calls will appear here.' : 'Place one with a client, or with the button above.');
  $('button', empty).hidden = !list.isFiltered;
  const beyond = total > list.size ? `, the newest of ${total}` : '';
  say($('#list-foot'), none ? '' : `${list.shown === list.size ? '' : `${list.shown} of `}${list.size} ${list.size === 1 ? 'call' : 'calls'}${beyond}`);
};

// Events

// Events that arrive during a read of the list are newer than the list. They are applied after it.
let reading = 0;
const pending = [];

async function refresh() {
  reading += 1;
  try {
    const result = await send('calls');
    setClock(result.clock);
    total = result.total;
    list.replace(result.calls);
  } finally {
    reading -= 1;
    if (!reading) pending.splice(0).forEach(apply);
  }
  if (detail.id && list.get(detail.id)) {
    detail.summary(list.get(detail.id));
    load(detail.id);
  } else if (detail.id) {
    close();
  }
}

function close() {
  document.body.classList.remove('reading');
  list.selected = null;
  history.replaceState(null, '', location.pathname);
  detail.clear(welcome());
}

function apply(changes) {
  if (reading) {
    pending.push(changes);
    return;
  }
  const { calls, gone, clock } = changes;
  setClock(clock);
  const open = detail.id;
  const before = open ? list.get(open)?.status : null;
  list.update(calls);
  list.remove(gone);
  if (!open) return;
  if (gone.includes(open)) {
    close();
    return;
  }
  const call = calls.find(({ id }) => id === open);
  if (!call) return;
  if (call.status !== before) say($('#said'), `${call.who}: ${words(call.status)}${call.endedReason ? `, ${words(call.endedReason)}` : ''}`);
  detail.summary(call);
  load(open);
}

let events = null;
function listen() {
  events?.close();
  const state = $('#link-state');
  const set = (name, text) => { state.dataset.state = name; say(state.firstChild, text); };
  events = new EventSource('/emulator/events');
  events.addEventListener('open', () => { set('live', 'live'); attempt(refresh)(); });
  const stream = events;
  events.addEventListener('error', () => {
    set('lost', 'reconnecting');
    // A browser does not retry a refused stream. The emulator may return later.
    if (stream === events && stream.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  });
  events.addEventListener('calls', (event) => apply(JSON.parse(event.data)));
  events.addEventListener('clock', (event) => setClock(JSON.parse(event.data)));
  events.addEventListener('missed', () => attempt(refresh)());
}

// Keys and buttons

setUpDialogs();
const placing = new PlaceDialog({ send, placed: attempt(async (call, byHand) => {
  const id = call.id ?? call.results?.[0]?.id;
  clearFilter();
  await refresh();
  list.focus();
  requestAnimationFrame(() => {
    list.select(id);
    if (narrow.matches) read();
    if (byHand) detail.hand?.focusSoon();
  });
}) });
const help = $('#help-dialog');
$('#place').addEventListener('click', () => placing.open());
$('#help').addEventListener('click', () => help.showModal());
$('#clock-menu').addEventListener('click', (event) => {
  const seconds = event.target.closest('[data-advance]')?.dataset.advance;
  if (seconds) advance(Number(seconds));
});
$('#detail').addEventListener('toggle', (event) => { if (event.target.matches('.whole')) detail.wholeOpened(); }, true);

const keys = {
  j: () => go(1), ArrowDown: () => go(1),
  k: () => go(-1), ArrowUp: () => go(-1),
  PageDown: () => go(list.page), PageUp: () => go(-list.page),
  Home: () => go('first'), End: () => go('last'),
  Enter: read,
  '/': () => { query.focus(); query.select(); },
  c: () => placing.open(),
  t: talk,
  i: () => detail.hand?.interrupt(),
  x: () => attempt(hangUp)(),
  a: () => advance(10),
  '?': () => help.showModal(),
};
const ANYWHERE = new Set(['j', 'k', '/', 'c', 't', 'i', 'x', 'a', '?']);

function talk() {
  if (!detail.id) list.move('first');
  if (!detail.id) return;
  document.body.classList.add('reading');
  detail.hand?.talk();
}

function go(by) {
  list.move(by);
  list.focus();
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  const { target, key } = event;
  if (key === 'Escape') return escape(target);
  const writes = target.matches('input:not([type=radio]), textarea, select');
  if (target === query && (key === 'ArrowDown' || key === 'Enter')) {
    event.preventDefault();
    list.move(list.shown && detail.id && key === 'Enter' ? 0 : 'first');
    return list.focus();
  }
  if (writes) return;
  // The focused element handles arrows and Enter, unless the list or nothing has the focus.
  if (!ANYWHERE.has(key) && target !== $('#list') && target !== document.body) return;
  if (!keys[key]) return;
  event.preventDefault();
  keys[key]();
});

function escape(target) {
  if (document.querySelector(':popover-open')) return;
  if (target.closest?.('#detail')) return back();
  if (target === query || list.isFiltered) {
    clearFilter();
    return list.focus();
  }
  if (document.body.classList.contains('reading')) back();
}

// Start

about = await send('');
$('#place').disabled = !about.placesCalls;
if (!about.reference) $('#to-reference').href = '/api-json';
detail.clear(welcome());
setClock(about.clock);
setInterval(() => { drawClock(); list.tick(); detail.tick(); }, 1000);
await attempt(refresh)();
const wanted = decoded(location.hash.slice(1));
if (wanted) requestAnimationFrame(() => { if (list.get(wanted)) list.select(wanted); });
listen();

// A browser has few connections to one host: hidden tabs give up theirs.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') {
    listen();
  } else {
    events?.close();
    events = null;
  }
});
