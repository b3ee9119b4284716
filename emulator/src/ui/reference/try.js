// The form that sends a request of an operation, as curl and for real.

import { copyButton, h, say } from './dom.js';
import { jsonView } from './json.js';

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

export function tryView(operation, privateKey) {
  const { method, parameters, request } = operation;
  const key = operation.key === 'public' ? `public-${privateKey}` : privateKey;
  const takesFile = request?.contentType.startsWith('multipart/');
  const fields = parameters.filter(({ in: place, name }) => place !== 'header' || name.toLowerCase() !== 'content-type').map((parameter) => {
    const field = h('input', { type: 'text', value: parameter.value ?? '', autocomplete: 'off', spellcheck: false, required: parameter.required === true });
    return { ...parameter, field };
  });
  const token = h('input', { type: 'text', value: key, autocomplete: 'off', spellcheck: false });
  const body = request && !takesFile ? h('textarea', { rows: 12, spellcheck: false, 'aria-label': 'Request body', value: JSON.stringify(request.example, null, 2) }) : null;
  const file = takesFile ? h('input', { type: 'file', 'aria-label': 'File' }) : null;
  const curl = h('pre', { className: 'json', tabIndex: 0, role: 'region', 'aria-label': 'The request for curl' });
  const result = h('div', { className: 'result', 'aria-live': 'polite' });
  const send = h('button', { type: 'submit', className: 'primary' }, 'Send');

  const path = () => {
    let at = operation.path;
    const query = new URLSearchParams();
    for (const { name, in: place, field } of fields) {
      if (place === 'path') at = at.replaceAll(`{${name}}`, encodeURIComponent(field.value));
      else if (place === 'query' && field.value !== '') query.append(name, field.value);
    }
    const search = query.toString();
    return search ? `${at}?${search}` : at;
  };
  const headers = () => {
    const all = { Authorization: `Bearer ${token.value}` };
    for (const { name, in: place, field } of fields) if (place === 'header' && field.value !== '') all[name] = field.value;
    if (body) all['Content-Type'] = 'application/json';
    return all;
  };
  const draw = () => {
    const lines = [`curl ${method === 'GET' ? '' : `-X ${method} `}${quoted(location.origin + path())}`];
    for (const [name, value] of Object.entries(headers())) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
    if (body) lines.push(`-d ${quoted(body.value)}`);
    if (file) lines.push(`-F ${quoted(`file=@${file.files[0]?.name ?? 'menu.txt'}`)}`);
    say(curl, lines.join(' \\\n  '));
  };

  const label = (text, field, required) => h('label', {}, h('span', {}, h('code', {}, text), required && h('span', { className: 'required' }, ' required')), field);
  const needed = fields.filter((parameter) => parameter.required);
  const optional = fields.filter((parameter) => !parameter.required);
  const form = h('form', { 'aria-label': 'Send a request' },
    h('h2', {}, 'Try it'),
    needed.map(({ name, field }) => label(name, field, true)),
    optional.length > 0 && h('details', {}, h('summary', {}, `${optional.length} optional parameters`), optional.map(({ name, field }) => label(name, field))),
    h('details', {}, h('summary', {}, 'Key'), label('Authorization: Bearer', token)),
    body && h('div', { className: 'body' }, h('h3', {}, 'Body'), body),
    file && h('div', { className: 'body' }, h('h3', {}, 'File'), file),
    request?.missing.length > 0 && h('p', { className: 'note' }, 'Nothing is here yet for ', request.missing.flatMap((name, at) => [at > 0 && ', ', h('code', {}, name)]), ': create it first, or expect the API’s 400.'),
    h('div', { className: 'actions' }, send, h('span', { className: 'quiet small' }, 'Ctrl Enter')));
  form.addEventListener('input', draw);
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    send.disabled = true;
    try {
      let content = body?.value;
      if (file) {
        content = new FormData();
        content.append('file', file.files[0] ?? new File(['Soup, fish, cake.\n'], 'menu.txt', { type: 'text/plain' }));
      }
      const began = performance.now();
      const response = await fetch(path(), { method, headers: headers(), body: content });
      await showResponse(result, response, began);
    } catch {
      result.replaceChildren(h('p', { role: 'alert' }, 'There was no response: the connection ended.'));
    } finally {
      send.disabled = false;
    }
  });
  draw();
  return [
    form,
    result,
    h('div', { className: 'curl' }, h('h3', {}, 'As curl'), copyButton(() => curl.textContent, 'the request'), curl),
  ];
}

async function showResponse(result, response, began) {
  const type = response.headers.get('content-type') ?? '';
  const title = (size) => h('h3', {}, h('span', { className: `status ${response.ok ? 'good' : 'bad'}` }, String(response.status)),
    ` ${response.statusText} `, h('span', { className: 'quiet small' }, `${Math.round(performance.now() - began)} ms, ${size}`));
  if (/json|text|event-stream/.test(type) || type === '') {
    const text = await response.text();
    let value = text;
    try {
      if (type.includes('json')) value = JSON.parse(text);
    } catch {
      // A fault may cut a body off. It is shown as it came.
    }
    result.replaceChildren(title(`${text.length} characters`), ...(text ? jsonView(value, 'Response') : [h('p', { className: 'quiet' }, 'No body.')]));
    return;
  }
  const content = await response.blob();
  const url = URL.createObjectURL(content);
  result.replaceChildren(
    title(`${content.size} bytes, ${type}`),
    ...(type.startsWith('audio/') ? [h('audio', { controls: true, src: url, 'aria-label': 'The recording' })] : []),
    h('p', {}, h('a', { href: url, download: '' }, 'Save the file')));
}
