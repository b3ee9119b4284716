// The open call by hand: a person is the customer, and makes the assistant act.
//
// The controls are made once for each call and then only filled, so that the focus and what is typed stay where they are.

import { h, say } from './dom.js';
import { words } from './format.js';

export class Hand {
  #act;
  #tools = [];
  #toolNames = '';
  #state = null;
  // True if the call is to be answered as soon as its state is known.
  #isWanted = false;

  // `act` sends an action with its body and returns true if it was accepted.
  constructor(act) {
    this.#act = act;
    this.#build();
  }

  #build() {
    this.status = h('p', { className: 'hand-status', role: 'status' });
    this.answer = h('button', { type: 'button', className: 'primary', id: 'answer', onclick: () => this.talk() }, 'Answer ', h('kbd', {}, 't'));
    this.ringing = h('div', { className: 'hand-row' }, this.answer,
      h('button', { type: 'button', onclick: () => this.#act('answer', { as: 'busy', wait: false }) }, 'Busy'),
      h('button', { type: 'button', onclick: () => this.#act('answer', { as: 'no-answer', wait: false }) }, 'No answer'),
      h('button', { type: 'button', onclick: () => this.#act('answer', { as: 'voicemail', wait: false }) }, 'Voicemail'));

    this.line = h('input', { id: 'line', type: 'text', autocomplete: 'off', enterkeyhint: 'send', maxLength: 2000 });
    this.stop = h('button', { type: 'button', id: 'interrupt', onclick: () => this.interrupt() }, 'Interrupt ', h('kbd', {}, 'i'));
    this.speech = h('form', { className: 'hand-speech', onsubmit: (event) => { event.preventDefault(); this.#say(); } },
      h('label', { htmlFor: 'line' }, 'Say as the customer ', h('kbd', {}, 't')),
      h('div', { className: 'hand-row' }, this.line, h('button', { type: 'submit', className: 'primary' }, 'Say'), this.stop));

    this.tool = h('select', { id: 'tool', onchange: () => this.#fillArguments() });
    this.toolName = h('input', { id: 'tool-name', autocomplete: 'off', spellcheck: false, placeholder: 'book_table' });
    this.toolNameLabel = h('label', {}, 'Name of the tool ', this.toolName);
    this.arguments = h('textarea', { id: 'arguments', rows: 4, spellcheck: false });
    this.problem = h('p', { className: 'problem', role: 'alert' });
    this.callTool = h('form', { className: 'hand-form', onsubmit: (event) => { event.preventDefault(); this.#call(); } },
      h('label', {}, 'Tool ', this.tool), this.toolNameLabel,
      h('label', {}, 'Arguments, as JSON ', this.arguments), this.problem,
      h('div', { className: 'hand-row' }, h('button', { type: 'submit' }, 'Call the tool')));
    this.destination = h('input', { id: 'destination', autocomplete: 'off', spellcheck: false, placeholder: '+15555550199 or sip:desk@example.com' });
    this.transfer = h('form', { className: 'hand-form', onsubmit: (event) => { event.preventDefault(); this.#transfer(); } },
      h('label', {}, 'Number or SIP address ', this.destination),
      h('div', { className: 'hand-row' }, h('button', { type: 'submit' }, 'Transfer the call')));
    this.acting = h('details', { className: 'hand-acting' }, h('summary', {}, 'Make the assistant call a tool or transfer'), this.callTool, this.transfer);

    this.root = h('div', { className: 'hand', hidden: true }, this.status, this.ringing, this.speech, this.acting);
  }

  update({ summary, byHand }) {
    const status = summary.status;
    const rings = ['queued', 'ringing'].includes(status) && summary.type !== 'vapi.websocketCall';
    const talks = status === 'in-progress';
    this.#state = rings ? 'rings' : talks ? 'talks' : null;
    this.root.hidden = !this.#state || !byHand;
    this.#answerIfWanted();
    if (this.root.hidden) return;
    this.ringing.hidden = !rings;
    this.speech.hidden = this.acting.hidden = !talks;
    const assistant = summary.assistant ?? 'The assistant';
    this.stop.disabled = byHand.activity !== 'speaking' && byHand.activity !== 'thinking';
    this.line.placeholder = byHand.byHand ? '' : 'Say something to take over';
    say(this.status, rings ? 'You can be the customer.' : sentence(byHand, assistant));
    this.#showTools(byHand.tools);
    // The conversation grows above the line. A person who writes keeps it in view.
    if (document.activeElement === this.line) this.root.scrollIntoView({ block: 'nearest' });
  }

  // Answers a call that rings, and begins to write a line.
  talk() {
    this.#isWanted = true;
    this.#answerIfWanted();
    this.focusSoon();
  }

  #answerIfWanted() {
    if (!this.#isWanted || !this.#state) return;
    this.#isWanted = false;
    if (this.#state === 'rings') this.#act('answer', { wait: false });
  }

  // Focuses the line as soon as it is there.
  focusSoon() {
    const began = Date.now();
    const focus = () => {
      if (!this.speech.hidden && !this.root.hidden) this.line.focus();
      else if (Date.now() - began < 10000) requestAnimationFrame(focus);
    };
    focus();
  }

  interrupt() {
    if (this.#state === 'talks') this.#act('interrupt', { wait: false });
  }

  async #say() {
    const text = this.line.value.trim();
    if (!text) return;
    this.line.value = '';
    // A line that was refused is not lost.
    if (!await this.#act('say', { text, interrupts: true, wait: false }) && !this.line.value) this.line.value = text;
    this.line.focus();
  }

  #showTools(tools) {
    const names = tools.map(({ name }) => name).join('\n');
    if (this.#toolNames === names && this.tool.options.length) return;
    this.#toolNames = names;
    this.#tools = tools;
    this.tool.replaceChildren(...tools.map(({ name, type }, at) => h('option', { value: at }, type && type !== 'function' && type !== name ? `${name} (${words(type)})` : name)),
      h('option', { value: '' }, tools.length ? 'another, by name' : 'any, by name'));
    this.#fillArguments();
  }

  get #chosen() { return this.tool.value === '' ? null : this.#tools[Number(this.tool.value)]; }

  #fillArguments() {
    const tool = this.#chosen;
    this.toolNameLabel.hidden = tool !== null;
    this.arguments.value = JSON.stringify(tool ? example(tool.parameters) : {}, null, 2);
    say(this.problem, '');
  }

  async #call() {
    const tool = this.#chosen?.name ?? this.toolName.value.trim();
    say(this.problem, '');
    if (!tool) {
      say(this.problem, 'Name a tool.');
      this.toolName.focus();
      return;
    }
    let given;
    try {
      given = JSON.parse(this.arguments.value || '{}');
    } catch (error) {
      say(this.problem, `The arguments are not JSON: ${error.message}`);
      this.arguments.focus();
      return;
    }
    await this.#act('tools', { tool, arguments: given, wait: false });
  }

  async #transfer() {
    const to = this.destination.value.trim();
    if (!to) return this.destination.focus();
    const destination = to.startsWith('sip:') ? { type: 'sip', sipUri: to } : { type: 'number', number: to };
    await this.#act('transfer', { destination, wait: false });
  }
}

function sentence({ byHand, activity, speaking, hasModel }, assistant) {
  if (!byHand) return 'A script speaks for the customer.';
  if (activity === 'thinking') return `${assistant} is thinking.`;
  if (activity === 'speaking') return speaking?.role === 'bot' ? `${assistant} is speaking.` : 'You are speaking.';
  if (activity === 'listening') return hasModel ? `It is your turn. ${assistant} answers by its own model.` : 'It is your turn.';
  return `${assistant} is at work.`;
}

// Returns a value for a JSON Schema, to be edited.
export function example(schema) {
  if (!schema || typeof schema !== 'object') return {};
  for (const given of [schema.default, schema.example, schema.examples?.[0], schema.const, schema.enum?.[0]]) {
    if (given !== undefined) return given;
  }
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'object' || (!type && schema.properties)) {
    return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, property]) => [name, example(property)]));
  }
  return { string: '', number: 0, integer: 0, boolean: false, array: [] }[type] ?? null;
}
