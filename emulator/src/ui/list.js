// The list of calls, filtered. Only visible rows are drawn, so that ten thousand calls cost as much as twenty.

import { $, h, say } from './dom.js';
import { duration, isBad, when, words } from './format.js';

const ROW = 60;
const BEYOND = 6;
export const STATES = ['scheduled', 'queued', 'ringing', 'in-progress', 'ended'];

export class CallList {
  #calls = new Map();
  #order = [];
  #shown = [];
  #elements = new Map();
  #due = false;
  #filter = { state: 'all', words: [] };
  #list = $('#list');
  #rows = $('#rows');
  #now;

  constructor({ now, select, open }) {
    this.#now = now;
    this.onselect = select;
    this.selected = null;
    this.#list.addEventListener('scroll', () => this.#draw(), { passive: true });
    new ResizeObserver(() => this.#draw()).observe(this.#list);
    this.#rows.addEventListener('click', (event) => {
      const row = event.target.closest('.row');
      if (!row) return;
      this.select(row.dataset.id);
      open();
    });
  }

  get(id) { return this.#calls.get(id); }
  get size() { return this.#calls.size; }
  get isFiltered() { return this.#filter.state !== 'all' || this.#filter.words.length > 0; }
  get shown() { return this.#shown.length; }

  replace(calls) {
    this.#calls = new Map(calls.map((call) => [call.id, call]));
    this.#order = calls.map((call) => call.id);
    this.#later();
  }

  update(calls) {
    for (const call of calls) {
      if (!this.#calls.has(call.id)) this.#place(call);
      this.#calls.set(call.id, call);
    }
    this.#later();
  }

  remove(ids) {
    const gone = new Set(ids.filter((id) => this.#calls.delete(id)));
    if (gone.size) this.#order = this.#order.filter((id) => !gone.has(id));
    this.#later();
  }

  filter(state, query) {
    this.#filter = { state, words: query.toLowerCase().split(/\s+/).filter(Boolean) };
    this.#list.scrollTop = 0;
    this.#recount();
  }

  select(id) {
    this.selected = id;
    this.#reveal();
    this.#draw();
    this.onselect(id);
  }

  // Moves by a number of rows, or to 'first' or 'last'.
  move(by) {
    if (!this.#shown.length) return;
    const at = this.#shown.indexOf(this.selected);
    const last = this.#shown.length - 1;
    const to = by === 'first' ? 0 : by === 'last' ? last : at < 0 ? 0 : Math.min(last, Math.max(0, at + by));
    this.select(this.#shown[to]);
  }

  get page() { return Math.max(1, Math.floor(this.#list.clientHeight / ROW) - 1); }

  focus() { this.#list.focus({ preventScroll: true }); }

  // Updates the durations of running calls.
  tick() { this.#draw(); }

  // Inserts a call, newest first. A new call is nearly always the newest.
  #place(call) {
    let at = 0;
    while (at < this.#order.length && this.#calls.get(this.#order[at]).createdAt > call.createdAt) at += 1;
    this.#order.splice(at, 0, call.id);
  }

  // Draws once for many changes.
  #later() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#recount();
    });
  }

  #recount() {
    const counts = new Map();
    for (const call of this.#calls.values()) counts.set(call.status, (counts.get(call.status) ?? 0) + 1);
    this.oncount?.(counts, this.#calls.size);

    const anchor = this.#list.scrollTop > 0 ? this.#shown[Math.floor(this.#list.scrollTop / ROW)] : null;
    const before = anchor ? this.#shown.indexOf(anchor) : -1;
    this.#shown = this.isFiltered ? this.#order.filter((id) => this.#keeps(this.#calls.get(id))) : this.#order.slice();
    this.#rows.style.height = `${this.#shown.length * ROW}px`;
    // The visible rows stay in place when calls arrive above them.
    const after = anchor ? this.#shown.indexOf(anchor) : -1;
    if (before >= 0 && after > before) this.#list.scrollTop += (after - before) * ROW;
    this.#draw();
    this.onshown?.();
  }

  #keeps(call) {
    if (this.#filter.state !== 'all' && call.status !== this.#filter.state) return false;
    if (!this.#filter.words.length) return true;
    const text = [call.who, call.number, call.assistant, call.id, call.status, call.endedReason, call.type]
      .filter(Boolean).join(' ').toLowerCase();
    return this.#filter.words.every((word) => text.includes(word));
  }

  #reveal() {
    const at = this.#shown.indexOf(this.selected);
    if (at < 0) return;
    const [top, bottom] = [at * ROW, (at + 1) * ROW];
    const { scrollTop, clientHeight } = this.#list;
    if (top < scrollTop) this.#list.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) this.#list.scrollTop = bottom - clientHeight;
  }

  #draw() {
    const { scrollTop, clientHeight } = this.#list;
    const first = Math.max(0, Math.floor(scrollTop / ROW) - BEYOND);
    const last = Math.min(this.#shown.length, Math.ceil((scrollTop + clientHeight) / ROW) + BEYOND);
    const wanted = new Set(this.#shown.slice(first, last));
    for (const [id, row] of this.#elements) {
      if (wanted.has(id)) continue;
      row.remove();
      this.#elements.delete(id);
    }
    const now = this.#now();
    for (let at = first; at < last; at += 1) {
      const call = this.#calls.get(this.#shown[at]);
      let row = this.#elements.get(call.id);
      if (!row) {
        row = blank(call.id);
        this.#elements.set(call.id, row);
        this.#rows.append(row);
      }
      row.style.top = `${at * ROW}px`;
      row.setAttribute('aria-setsize', this.#shown.length);
      row.setAttribute('aria-posinset', at + 1);
      row.setAttribute('aria-selected', String(call.id === this.selected));
      fill(row, call, now);
    }
    const active = this.#elements.get(this.selected);
    if (active) this.#list.setAttribute('aria-activedescendant', active.id);
    else this.#list.removeAttribute('aria-activedescendant');
  }
}

function blank(id) {
  const parts = ['who', 'took', 'line', 'how'].map((name) => h('span', { className: name }));
  return h('div', { className: 'row', id: `call-${id}`, role: 'option', 'data-id': id }, pip('queued'), parts);
}

export function pip(state) {
  return h('span', { className: 'pip', 'data-state': state, 'aria-hidden': 'true' });
}

function fill(row, call, now) {
  const [dot, who, took, line, how] = row.children;
  const bad = isBad(call.endedReason);
  if (dot.dataset.state !== call.status) dot.dataset.state = call.status;
  dot.toggleAttribute('data-bad', bad);
  say(who, call.who);
  say(took, lasted(call, now) ?? '');
  say(line, `${when(call.createdAt, now)} · ${call.assistant ?? 'no assistant'}`);
  say(how, call.status === 'ended' ? words(call.endedReason ?? 'ended') : words(call.status));
  how.title = call.endedReason ?? '';
  how.classList.toggle('bad', bad);
}

// Returns the time since the call was answered, or until its end.
export function lasted(call, now) {
  if (!call.startedAt) return null;
  return duration((call.endedAt ?? now) - call.startedAt);
}
