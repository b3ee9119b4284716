// Schemas as lists of properties. What a name stands for is asked for when it is opened.

import { h } from './dom.js';
import { prose } from './reference-operation.js';

// The content of a schema: properties, branches, items, values.
export function schemaView(schema, read) {
  const parts = [];
  if (schema.text) parts.push(h('p', { className: 'quiet' }, prose(schema.text)));
  if (schema.limits) parts.push(h('p', { className: 'limits' }, prose(schema.limits.join(', '))));
  if (schema.values) parts.push(valuesView(schema.values));
  if (schema.properties) parts.push(rows(schema.properties, read));
  if (schema.branches) parts.push(branchesView(schema.branches, read));
  if (schema.items) parts.push(insideView(schema.items, 'Each item', read));
  if (schema.others) parts.push(insideView(schema.others, 'Any other property', read));
  if (parts.length === 0) parts.push(h('p', { className: 'quiet' }, schema.type === 'object' ? 'Any properties.' : schema.type));
  return h('div', { className: 'schema' }, parts);
}

export function rows(properties, read) {
  return h('ul', { className: 'rows' }, properties.map((property) => row(property, read)));
}

function row(property, read) {
  const { name, type, text, required, deprecated, nullable, limits, values } = property;
  const marks = [
    required && h('span', { className: 'required' }, 'required'),
    nullable && h('span', { className: 'quiet' }, 'or null'),
    deprecated && h('span', { className: 'deprecated' }, 'deprecated'),
  ];
  return h('li', { className: deprecated ? 'row old' : 'row' },
    h('div', { className: 'head' }, h('code', { className: 'name' }, name), ' ', h('span', { className: 'type' }, type), ' ', marks),
    text && h('p', {}, prose(text)),
    limits && h('p', { className: 'limits' }, prose(limits.join(', '))),
    values && valuesView(values),
    moreView(property, `of ${name}`, read));
}

const FIRST_VALUES = 8;

function valuesView(values) {
  const list = (some) => some.flatMap((value, at) => [at > 0 && ' ', h('code', {}, value === '' ? '""' : value)]);
  if (values.length <= FIRST_VALUES + 2) return h('p', { className: 'values' }, list(values));
  return h('details', { className: 'values' },
    h('summary', {}, list(values.slice(0, FIRST_VALUES)), h('span', { className: 'quiet' }, ` and ${values.length - FIRST_VALUES} more`)),
    h('p', {}, list(values.slice(FIRST_VALUES))));
}

// What lies below a property, closed at first.
function moreView(node, whose, read) {
  if (node.of) return lazyView(h('span', {}, h('code', {}, node.of)), whose, async () => schemaView(await read(`reference/schemas/${encodeURIComponent(node.of)}`), read));
  const { properties, branches, items, others } = node;
  if (items) return moreView(items, `of an item ${whose}`, read) ?? null;
  if (!properties && !branches && !others) return null;
  const label = branches ? `${branches.length} kinds` : properties ? `${properties.length} properties` : 'Any properties';
  return lazyView(label, whose, async () => schemaView({ properties, branches, others }, read));
}

function insideView(node, title, read) {
  return h('div', { className: 'inside' },
    h('p', {}, title, ': ', h('span', { className: 'type' }, node.type)),
    node.text && h('p', { className: 'quiet' }, prose(node.text)),
    node.values && valuesView(node.values),
    moreView(node, `of ${title.toLowerCase()}`, read));
}

function branchesView(branches, read) {
  return h('div', { className: 'branches' },
    h('p', { className: 'quiet' }, 'One of:'),
    h('ul', { className: 'rows' }, branches.map((branch) => h('li', { className: 'row' },
      h('div', { className: 'head' }, branch.tag ? h('code', { className: 'name' }, branch.tag) : null, ' ', h('span', { className: 'type' }, branch.type)),
      branch.text && h('p', {}, prose(branch.text)),
      branch.values && valuesView(branch.values),
      moreView(branch, branch.tag ? `with ${branch.tag}` : 'of this kind', read)))));
}

function lazyView(label, whose, make) {
  const view = h('details', { className: 'more' }, h('summary', {}, label, h('span', { className: 'hidden' }, ` ${whose}`)));
  view.addEventListener('toggle', async () => {
    if (!view.open || view.dataset.made) return;
    view.dataset.made = 'yes';
    try {
      view.append(await make());
    } catch (error) {
      view.append(h('p', { role: 'alert' }, error instanceof TypeError ? 'The emulator does not respond.' : error.message));
      delete view.dataset.made;
    }
  });
  return view;
}
