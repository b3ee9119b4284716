// The dialogs: placing a test call, and the keys. They close on Esc and on a click beside them.

import { $, h, say } from './dom.js';

export function setUpDialogs() {
  for (const dialog of document.querySelectorAll('dialog')) {
    dialog.addEventListener('click', (event) => {
      if (event.target === dialog || event.target.closest('[data-close]')) dialog.close();
    });
  }
}

export class PlaceDialog {
  #dialog = $('#place-dialog');
  #form = $('form', this.#dialog);
  #ask;

  // `ask` sends a request to the emulator; `placed` is told the new call.
  constructor({ ask, placed }) {
    this.#ask = ask;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send(placed);
    });
    this.#form.elements.assistant.addEventListener('change', () => this.#hint());
  }

  async open() {
    if (this.#dialog.open) return;
    say($('.problem', this.#form), '');
    this.#dialog.showModal();
    const select = this.#form.elements.assistant;
    const chosen = select.value;
    let assistants = [];
    try {
      assistants = await this.#ask('assistants');
    } catch {
      // The one that is always there will do.
    }
    select.replaceChildren(h('option', { value: '' }, 'A test assistant, for this call only'),
      ...assistants.map(({ id, name, firstMessage }) => h('option', { value: id, 'data-greeting': firstMessage ?? '' }, name ?? id)));
    if (assistants.some(({ id }) => id === chosen)) select.value = chosen;
    this.#hint();
  }

  #hint() {
    const { assistant, greeting } = this.#form.elements;
    greeting.placeholder = assistant.selectedOptions[0]?.dataset.greeting || (assistant.value ? 'as the assistant has it' : 'Hello! This is a test call.');
  }

  async #send(placed) {
    const submit = $('[type=submit]', this.#form);
    const { assistant, number, name, greeting } = this.#form.elements;
    submit.disabled = true;
    try {
      const call = await this.#ask('test-call', { assistantId: assistant.value, number: number.value, name: name.value, greeting: greeting.value });
      this.#dialog.close();
      placed(call);
    } catch (error) {
      say($('.problem', this.#form), error.message);
    } finally {
      submit.disabled = false;
    }
  }
}
