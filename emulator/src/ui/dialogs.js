// The dialogs: a test call, and the keys. They close on Esc and on a click outside.

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
  #request;

  // `send` sends a request to the emulator; `placed` receives the new call.
  constructor({ send, placed }) {
    this.#request = send;
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
      assistants = await this.#request('assistants');
    } catch {
      // The test assistant is always available.
    }
    select.replaceChildren(h('option', { value: '' }, 'A test assistant, for this call only'),
      ...assistants.map(({ id, name, firstMessage }) => h('option', { value: id, 'data-greeting': firstMessage ?? '' }, name ?? id)));
    if (assistants.some(({ id }) => id === chosen)) select.value = chosen;
    this.#hint();
  }

  #hint() {
    const { assistant, greeting } = this.#form.elements;
    greeting.placeholder = assistant.selectedOptions[0]?.dataset.greeting || (assistant.value ? 'that of the assistant' : 'Hello! This is a test call.');
  }

  async #send(placed) {
    const submit = $('[type=submit]', this.#form);
    const { assistant, number, name, greeting, byHand } = this.#form.elements;
    submit.disabled = true;
    try {
      const call = await this.#request('test-call', { assistantId: assistant.value, number: number.value, name: name.value, greeting: greeting.value, byHand: byHand.checked });
      this.#dialog.close();
      placed(call, byHand.checked);
    } catch (error) {
      say($('.problem', this.#form), error.message);
    } finally {
      submit.disabled = false;
    }
  }
}
