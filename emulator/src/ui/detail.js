// The open call: its status, conversation, webhooks and their responses.
//
// It is updated in place, so that opened sections stay open and selected text stays selected.

import { copyButton, h, say } from './dom.js';
import { duration, isBad, money, offset, shortDuration, timeOfDay, when, words } from './format.js';
import { Hand } from './hand.js';
import { jsonView } from './json.js';
import { lasted, pip } from './list.js';

const FILES = new Set(['Recording', 'Stereo', 'Logs', 'Packets']);
const SPEAKERS = { bot: 'Assistant', assistant: 'Assistant', user: 'Customer', system: 'System', tool_calls: 'Tool call', tool_call_result: 'Tool result', tool: 'Tool result' };

export class Detail {
  #root;
  #now;
  #parts = null;
  #data = null;

  constructor(root, { now, back, hangUp, exchange, act }) {
    this.#root = root;
    this.#now = now;
    this.back = back;
    this.hangUp = hangUp;
    this.exchange = exchange;
    this.act = act;
  }

  get id() { return this.#parts?.id ?? null; }
  get hand() { return this.#parts?.hand ?? null; }
  get isByHand() { return this.#data?.byHand?.byHand === true; }
  get isLive() { return this.#data !== null && this.#data.summary.status !== 'ended'; }

  clear(welcome) {
    this.#parts = this.#data = null;
    this.#root.replaceChildren(welcome);
  }

  // Shows the summary while the rest is loading.
  open(summary) {
    this.#data = null;
    this.#parts = skeleton(summary.id, { back: () => this.back(), hangUp: () => this.hangUp(), act: (...given) => this.act(...given) });
    this.#root.replaceChildren(this.#parts.root);
    this.#root.scrollTop = 0;
    this.#head(summary);
  }

  show(data) {
    if (data.summary.id !== this.id) return;
    // Follows the conversation if it is scrolled to the end.
    const { scrollTop, scrollHeight, clientHeight } = this.#root;
    const atEnd = scrollTop > 0 && scrollHeight - scrollTop - clientHeight < 40;
    const first = this.#data === null;
    this.#data = data;
    this.#head(data.summary);
    this.#turns(data);
    this.#parts.hand.update(data);
    this.#hooks(data);
    this.#links(data.call);
    this.#parts.whole.dataset.due = '';
    if (this.#parts.whole.open) this.#whole();
    if (atEnd && !first && this.isLive) this.#root.scrollTop = this.#root.scrollHeight;
  }

  summary(summary) {
    if (summary.id === this.id) this.#head(summary);
    if (this.#data?.summary.id === summary.id) this.#data.summary = summary;
  }

  tick() {
    const summary = this.#data?.summary;
    if (summary && summary.status !== 'ended') this.#head(summary);
  }

  #head(call) {
    const { who, sub, facts, track, hangUp } = this.#parts;
    const now = this.#now();
    say(who, call.who);
    say(sub, [call.number !== call.who ? call.number : null, call.assistant ?? 'no assistant', call.type && words(kind(call.type))].filter(Boolean).join(' · '));
    hangUp.hidden = call.status === 'ended';
    const bad = isBad(call.endedReason);
    say(facts.status, words(call.status));
    say(facts.started, call.startedAt ? when(call.startedAt, now) : '–');
    say(facts.lasted, lasted(call, now) ?? '–');
    say(facts.cost, call.cost === undefined || call.cost === null ? '–' : money(call.cost));
    say(facts.reason, call.endedReason ?? '–');
    facts.reason.classList.toggle('bad', bad);
    drawTrack(track, call, now);
  }

  #turns({ summary, turns: said, byHand }) {
    // The line that is being spoken is not in the conversation yet.
    const turns = byHand?.speaking ? [...said, { ...byHand.speaking, partial: true }] : said;
    const list = this.#parts.turns;
    const begin = summary.startedAt ?? summary.createdAt;
    turns.forEach((turn, at) => {
      const row = list.children[at] ?? list.appendChild(h('li', { className: 'turn' }, h('time'), h('span', { className: 'speaker' }), h('span', { className: 'text' })));
      const [time, speaker, text] = row.children;
      row.dataset.role = turn.role;
      row.classList.toggle('same', turns[at - 1]?.role === turn.role);
      row.classList.toggle('partial', turn.partial === true);
      say(time, turn.at ? duration(turn.at - begin) : '');
      say(speaker, SPEAKERS[turn.role] ?? words(turn.role));
      say(text, turn.text);
    });
    list.setAttribute('aria-live', byHand?.byHand ? 'polite' : 'off');
    while (list.children.length > turns.length) list.lastChild.remove();
    say(this.#parts.turnCount, turns.length ? String(turns.length) : '');
    const waits = summary.status === 'in-progress' ? 'Nothing has been said yet.' : summary.status === 'ended' ? 'There was no conversation: the call was not answered.' : 'The conversation appears here as it is spoken.';
    this.#parts.turnNote.hidden = turns.length > 0;
    say(this.#parts.turnNote, waits);
  }

  #hooks({ summary, webhooks }) {
    const { hooks, hookCount, hookFailed, hookNote } = this.#parts;
    for (const hook of webhooks) {
      let row = hooks.children.namedItem(`hook-${hook.id}`);
      if (!row) {
        row = hookRow(hook.id);
        hooks.append(row);
      }
      fillHook(row, hook, summary.createdAt, (webhook) => this.exchange(summary.id, webhook));
    }
    const failed = webhooks.filter(({ status }) => !(status >= 200 && status < 300)).length;
    say(hookCount, webhooks.length ? String(webhooks.length) : '');
    say(hookFailed, failed ? `${failed} failed` : '');
    hookNote.hidden = webhooks.length > 0;
  }

  #links(call) {
    const found = [
      ['Listen', call.monitor?.listenUrl],
      ['Control', call.monitor?.controlUrl],
      ['Websocket', call.transport?.websocketCallUrl],
      ['Recording', call.artifact?.presignedMonoUrl ?? call.artifact?.recordingUrl],
      ['Stereo', call.artifact?.presignedStereoUrl],
      ['Logs', call.artifact?.presignedLogUrl],
      ['Packets', call.artifact?.presignedPcapUrl],
    ].filter(([, url]) => typeof url === 'string');
    const { links } = this.#parts;
    if (links.children.length === (found.length + 1) * 3) return;
    links.replaceChildren(...linkRow('Call', call.id), ...found.flatMap(([name, url]) => linkRow(name, url)));
  }

  #whole() {
    const { whole } = this.#parts;
    if (whole.dataset.due === undefined || !this.#data) return;
    delete whole.dataset.due;
    while (whole.children.length > 1) whole.lastChild.remove();
    whole.append(...jsonView(this.#data.call, 'The call'));
  }

  wholeOpened() { this.#whole(); }
}

const kind = (type) => type.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase().replace('vapi.', '');

function skeleton(id, { back, hangUp, act }) {
  const parts = { id };
  const fact = (name, key) => h('div', {}, h('dt', {}, name), (parts.facts[key] = h('dd', {}, '–')));
  parts.facts = {};
  parts.who = h('h1', { id: 'who' });
  parts.sub = h('p', { className: 'sub' });
  parts.track = h('ol', { className: 'track', 'aria-label': 'Progress of the call' });
  parts.hangUp = h('button', { type: 'button', className: 'danger', id: 'hang-up', onclick: hangUp }, 'Hang up ', h('kbd', {}, 'x'));
  parts.turns = h('ol', { className: 'turns' });
  parts.turnCount = h('span', { className: 'count' });
  parts.hand = new Hand(act);
  parts.script = h('a', { className: 'script', href: `/emulator/calls/${encodeURIComponent(id)}/script`, download: `call-${id}.json`, title: 'A script file that plays this call again' }, 'Save as a script');
  parts.turnNote = h('p', { className: 'note', hidden: true });
  parts.hooks = h('div', { className: 'hooks' });
  parts.hookCount = h('span', { className: 'count' });
  parts.hookFailed = h('span', { className: 'count bad' });
  parts.hookNote = h('p', { className: 'note', hidden: true }, 'No message was sent. Messages go to the server URL of the assistant, of the phone number, or of the tool.');
  parts.links = h('div', { className: 'links' });
  parts.whole = h('details', { className: 'whole' }, h('summary', {}, 'The call resource of the API'));
  parts.root = h('article', { className: 'call', 'aria-labelledby': 'who' },
    h('button', { type: 'button', className: 'plain back', onclick: back }, '← Calls'),
    h('div', { className: 'head' }, h('div', {}, parts.who, parts.sub), h('div', { className: 'actions' }, parts.hangUp)),
    parts.track,
    h('dl', { className: 'facts' }, fact('Status', 'status'), fact('Answered', 'started'), fact('Duration', 'lasted'), fact('Cost', 'cost'), fact('Ended reason', 'reason')),
    h('div', { className: 'columns' },
      h('section', { 'aria-label': 'Conversation' }, h('h2', {}, 'Conversation', parts.turnCount, parts.script), parts.turnNote,
        h('div', { role: 'log', 'aria-live': 'off', 'aria-label': 'Conversation' }, parts.turns), parts.hand.root),
      h('section', { 'aria-label': 'Webhooks' }, h('h2', {}, 'Webhooks', parts.hookCount, parts.hookFailed), parts.hookNote, parts.hooks),
      h('section', { 'aria-label': 'Links' }, h('h2', {}, 'Links'), parts.links)),
    parts.whole);
  return parts;
}

function drawTrack(track, call, now) {
  const reached = { 'queued': call.createdAt, 'ringing': null, 'in-progress': call.startedAt, 'ended': call.endedAt };
  const names = call.status === 'scheduled' ? ['scheduled', 'ringing', 'in-progress', 'ended'] : Object.keys(reached);
  const current = names.indexOf(call.status === 'forwarding' ? 'in-progress' : call.status);
  names.forEach((name, at) => {
    const step = track.children[at] ?? track.appendChild(h('li', {}, h('span', { className: 'name' }), h('time')));
    const skipped = call.status === 'ended' && name === 'in-progress' && !call.startedAt;
    step.className = at < current ? (skipped ? 'past skipped' : 'past') : at === current ? (name === 'ended' ? 'past now' : 'now') : '';
    if (at === current) step.setAttribute('aria-current', 'step');
    else step.removeAttribute('aria-current');
    say(step.firstChild, words(name));
    say(step.lastChild, reached[name] && at <= current && !skipped ? when(reached[name], now) : '');
  });
}

function hookRow(id) {
  const row = h('details', { className: 'hook', id: `hook-${id}` },
    h('summary', {}, h('time'), h('span', { className: 'type' }), h('span', { className: 'status' }), h('span', { className: 'took' })),
    h('div', { className: 'exchange' }));
  return row;
}

function fillHook(row, hook, begin, fetched) {
  const [time, type, status, took] = row.firstChild.children;
  if (row.hook) return;
  row.hook = hook;
  say(time, offset(hook.at - begin));
  time.title = timeOfDay(hook.at);
  const again = hook.attempt > 1 ? `attempt ${hook.attempt}` : null;
  const more = [hook.what, again].filter(Boolean).join(' · ');
  type.replaceChildren(hook.type, ...(more ? [h('span', { className: 'more' }, ` ${more}`)] : []));
  type.title = `${hook.type} ${more}`;
  const good = hook.status >= 200 && hook.status < 300;
  say(status, hook.status ? String(hook.status) : 'failed');
  status.className = `status ${good ? 'good' : 'bad'}`;
  say(took, shortDuration(hook.took));
  row.addEventListener('toggle', async () => {
    if (!row.open || row.dataset.read) return;
    row.dataset.read = 'yes';
    try {
      fillExchange(row.lastChild, await fetched(hook.id));
    } catch (error) {
      delete row.dataset.read;
      row.lastChild.replaceChildren(h('p', { className: 'problem' }, error.message));
    }
  });
}

function fillExchange(place, hook) {
  const body = (name, value) => (value === '' ? [h('p', { className: 'note' }, 'No body.')] : jsonView(value, name));
  place.replaceChildren(
    h('h3', {}, 'Sent to ', h('span', { className: 'mono' }, hook.url)),
    h('dl', { className: 'headers' }, hook.headers.map(([name, value]) => h('div', {}, h('dt', {}, `${name}: `), h('dd', {}, value || '(empty)')))),
    ...body('The message', hook.request),
    h('h3', {}, hook.status ? `Response ${hook.status} after ${shortDuration(hook.took)}` : `No response after ${shortDuration(hook.took)}`),
    ...(hook.error ? [h('p', { className: 'problem' }, hook.error)] : []),
    ...(hook.status ? body('The response', hook.response) : []),
  );
}

function linkRow(name, url) {
  // A link may contain any text that a client has stored.
  const opens = FILES.has(name) && /^https?:/.test(url);
  const where = opens ? h('a', { className: 'where', title: url, href: url, target: '_blank', rel: 'noreferrer' }, url) : h('span', { className: 'where', title: url }, url);
  return [h('span', { className: 'name' }, name), where, copyButton(() => url, name)];
}
