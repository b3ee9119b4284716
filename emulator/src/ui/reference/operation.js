// One operation: what it does, what it takes, what it responds, and a form that sends it.

import { h } from './dom.js';
import { jsonView } from './json.js';
import { schemaView, rows } from './reference-schema.js';
import { tryView } from './reference-try.js';

export const methodMark = (method) => h('span', { className: `method ${method.toLowerCase()}` }, method === 'DELETE' ? 'DEL' : method);

// Text with `code` in it.
export function prose(text) {
  return text.split(/`([^`]+)`/).map((part, at) => (at % 2 ? h('code', {}, part) : part));
}

export const paragraphs = (text) => (text ?? '').split(/\n\n+/).filter(Boolean).map((part) => h('p', {}, prose(part)));

export function operationView(operation, { key, read }) {
  const { parameters, request, responses } = operation;
  const ways = [['path', 'Path parameters'], ['query', 'Query parameters'], ['header', 'Headers']];
  return h('article', { className: 'operation' },
    h('header', {},
      h('a', { className: 'back', href: '#' }, '← All operations'),
      h('h1', { tabIndex: -1 }, operation.title),
      h('p', { className: 'address' }, methodMark(operation.method), ' ', h('code', {}, operation.path)),
      operation.documented ? null : h('p', { className: 'note' }, h('strong', {}, 'Not in the vendor’s document. '), operation.evidence ?? ''),
      operation.key === 'public' ? h('p', { className: 'note' }, 'Needs the public key, as pages have it.') : null,
      paragraphs(operation.text)),
    h('div', { className: 'halves' },
      h('div', { className: 'facts' },
        ways.map(([place, title]) => {
          const there = parameters.filter((parameter) => parameter.in === place);
          return there.length > 0 && h('section', {}, h('h2', {}, title), rows(there, read));
        }),
        request && h('section', {},
          h('h2', {}, 'Request body'),
          h('p', { className: 'quiet small' }, request.contentType, request.schema.name ? [', ', h('code', {}, request.schema.name)] : null),
          schemaView(request.schema, read)),
        h('section', {},
          h('h2', {}, 'Responses'),
          responses.map((response) => responseView(response, read)))),
      h('div', { className: 'trial' }, tryView(operation, key))));
}

function responseView(response, read) {
  const good = response.status.startsWith('2');
  return h('details', { className: 'response', open: good },
    h('summary', {}, h('span', { className: `status ${good ? 'good' : response.status.startsWith('3') ? '' : 'bad'}` }, response.status), ' ', prose(response.text)),
    response.schema && schemaView(response.schema, read),
    response.example !== null && [h('h3', {}, 'Example'), ...jsonView(response.example, `Example of a response ${response.status}`)]);
}
