// The page that browses openapi.json: operations by tag, what each takes and answers, and a call to try. Text enters as text alone.
import { firstValue, namesIn, sketch } from './sketch.js';
import { addressOf, tryIt } from './tryIt.js';

/** @typedef {import('./sketch.js').Schema} Schema */
/** @typedef {{ name: string, in: string, required?: boolean, description?: string, schema: Schema }} Parameter */
/** @typedef {Record<string, { schema: Schema }>} Content */
/**
 * @typedef {object} Operation
 * @property {string} operationId
 * @property {string} [summary]
 * @property {string[]} [tags]
 * @property {Parameter[]} [parameters]
 * @property {{ content: Content }} [requestBody]
 * @property {Record<string, { $ref?: string, description?: string, content?: Content }>} responses
 */

/** @type {(tag: string, properties?: object, ...children: (Node | string)[]) => HTMLElement} */
function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const main = byId('operations');

/** @param {string} method @param {string} path @param {Operation} operation @param {Record<string, Schema>} schemas */
function operationBox(method, path, operation, schemas) {
  const inside = element('div', { className: 'inside' });
  const box = /** @type {HTMLDetailsElement} */ (
    element(
      'details',
      { id: operation.operationId },
      element(
        'summary',
        {},
        element('span', { className: 'method' }, method),
        element('code', {}, path),
        element('span', { className: 'faint' }, operation.summary ?? ''),
      ),
      inside,
    )
  );
  box.addEventListener('toggle', () => {
    if (box.open && inside.childElementCount === 0) inside.append(...details(method, path, operation, schemas));
  });
  return { box, words: `${method} ${path} ${operation.summary} ${operation.operationId}`.toLowerCase() };
}

/** @param {string} method @param {string} path @param {Operation} operation @param {Record<string, Schema>} schemas */
function details(method, path, operation, schemas) {
  const { parameters = [], requestBody, responses } = operation;
  const [type, body] = Object.entries(requestBody?.content ?? {})[0] ?? [null, null];
  const answers = Object.entries(responses).filter(([, { $ref }]) => !$ref);
  const errors = Object.entries(responses).filter(([, { $ref }]) => $ref);

  const fields = parameters.map((parameter) => {
    const input = /** @type {HTMLInputElement} */ (
      element('input', { name: parameter.name, required: parameter.required ?? false, placeholder: sketch(parameter.schema) })
    );
    const mark = parameter.required ? ' (needed)' : '';
    const about = parameter.description ?? parameter.schema.description ?? '';
    return {
      parameter,
      input,
      row: element('label', { className: 'field' }, `${parameter.name}${mark}`, input, element('span', { className: 'faint' }, about)),
    };
  });
  const isJson = type === 'application/json';
  const text = /** @type {HTMLTextAreaElement} */ (element('textarea', { spellcheck: false, ariaLabel: 'Body' }));
  if (body && isJson) text.value = JSON.stringify(firstValue(body.schema, schemas), null, 2);
  const file = /** @type {HTMLInputElement} */ (element('input', { type: 'file', ariaLabel: 'File' }));

  const call = () => ({
    method,
    address: addressOf(
      path,
      fields.map(({ parameter, input }) => ({ name: parameter.name, in: parameter.in, value: input.value })),
    ),
    body: !body ? null : isJson ? text.value : (file.files?.[0] ?? null),
    type,
  });
  const parts = [
    ...(fields.length > 0 ? [element('h3', {}, 'Parameters'), ...fields.map(({ row }) => row)] : []),
    ...(body ? [element('h3', {}, `Body, ${type}`), element('pre', {}, sketch(body.schema)), isJson ? text : file] : []),
    ...tryForm(call),
    ...answers.flatMap(([status, { description, content }]) => [
      element('h3', {}, `${status} ${description ?? ''}`),
      ...Object.entries(content ?? {}).map(([kind, { schema }]) => element('pre', {}, `// ${kind}\n${sketch(schema)}`)),
    ]),
    element('h3', {}, 'Errors'),
    element('p', { className: 'faint' }, `${errors.map(([status, { $ref }]) => `${status} ${$ref?.split('/').at(-1)}`).join(', ')}: Error`),
  ];
  const names = [...namesIn({ body, answers, errors, Error: { $ref: '#/components/schemas/Error' } }, schemas)];
  return [
    ...parts,
    element(
      'details',
      {},
      element('summary', {}, `Types: ${names.join(', ')}`),
      element('pre', {}, names.map((name) => `type ${name} = ${sketch(schemas[name] ?? {})}`).join('\n\n')),
    ),
  ];
}

/** @param {() => Parameters<typeof tryIt>[0]} call */
function tryForm(call) {
  const send = element('button', { type: 'button' }, 'Send');
  const stop = element('button', { type: 'button', hidden: true }, 'Stop');
  const status = element('p', { role: 'status' });
  const answer = element('pre', { hidden: true, tabIndex: 0 });
  /** @param {string} said @param {string} text @param {boolean} isError */
  const show = (said, text, isError) => {
    status.textContent = said;
    status.className = isError ? 'bad' : '';
    answer.textContent = text;
    answer.hidden = text === '';
  };
  send.addEventListener('click', async () => {
    const stopping = new AbortController();
    stop.hidden = false;
    stop.onclick = () => stopping.abort();
    show('Sent …', '', false);
    try {
      await tryIt(call(), show, stopping.signal);
    } catch (error) {
      if (stopping.signal.aborted) status.textContent = `${status.textContent}, stopped`;
      else show(`No answer: ${error instanceof Error ? error.message : error}`, '', true);
    } finally {
      stop.hidden = true;
    }
  });
  return [send, stop, status, answer];
}

/** @param {{ info: { version: string, description: string }, tags: { name: string, description: string }[], components: { schemas: Record<string, Schema> }, paths: Record<string, Record<string, Operation>> }} api */
function show(api) {
  byId('about').textContent = `Version ${api.info.version}. ${api.info.description}`;
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      tag: operation.tags?.[0],
      ...operationBox(method.toUpperCase(), path, operation, api.components.schemas),
    })),
  );
  const sections = api.tags.map(({ name, description }) => {
    const own = operations.filter(({ tag }) => tag === name);
    const heading = element('h2', {}, name);
    const section = element('section', {}, heading, element('p', { className: 'faint' }, description), ...own.map(({ box }) => box));
    return { section, own };
  });
  main.replaceChildren(...sections.map(({ section }) => section));

  const find = /** @type {HTMLInputElement} */ (byId('find'));
  const narrow = () => {
    const words = find.value.toLowerCase().split(/\s+/);
    for (const { section, own } of sections) {
      for (const { box, words: text } of own) box.hidden = !words.every((word) => text.includes(word));
      section.hidden = own.every(({ box }) => box.hidden);
    }
  };
  find.addEventListener('input', narrow);
  narrow(); // who was faster than the document has typed already
  const linked = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (linked instanceof HTMLDetailsElement) {
    linked.open = true;
    linked.scrollIntoView();
  }
}

const response = await fetch('openapi.json');
if (response.ok) show(await response.json());
else if (response.status === 401) {
  const logIn = element('a', { href: '../../login' }, 'Log in');
  main.replaceChildren(element('p', {}, logIn, ' first, then load this page again.'));
} else main.replaceChildren(element('p', { className: 'bad' }, `The document did not come: ${response.status}. Load this page again.`));
