// The page of an endpoint: a form made from openapi.json, what the endpoint answers, and how a program asks.
/** @typedef {{ type?: string, format?: string, enum?: unknown[], examples?: unknown[], description?: string, anyOf?: Schema[] }} Schema */

const at = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const tokenField = /** @type {HTMLInputElement} */ (at('token'));
/** @type {any} */
let api = null;

const cookie = (/** @type {string} */ name) => new RegExp(`(?:^|;\\s*)${name}=([^;]+)`).exec(document.cookie)?.[1];

function headers() {
  const { port } = location; // the server's cookies have it in their names, if its address has one
  const csrf = (port && cookie(`cellkeep_csrf_${port}`)) || cookie('cellkeep_csrf');
  return {
    'content-type': 'application/json',
    ...(tokenField.value ? { authorization: `Bearer ${tokenField.value}` } : {}),
    ...(csrf ? { 'x-csrf-token': csrf } : {}), // through the server, a session's cookie
  };
}

async function load() {
  const response = await fetch('openapi.json', { headers: headers() }).catch(() => null);
  at('problem').textContent = '';
  if (!response) return problem('The endpoint cannot be reached.');
  if (response.status === 401) {
    at('access').hidden = false;
    if (tokenField.value) problem('This token may not ask here.');
    return;
  }
  if (!response.ok) return problem(`The endpoint answers ${response.status}.`);
  api = await response.json();
  show();
}

function problem(/** @type {string} */ text) {
  at('problem').textContent = text;
}

function show() {
  document.title = api.info.title;
  at('name').textContent = api.info.title;
  at('about').textContent = api.info.description;
  const { properties, required } = api.components.schemas.Row;
  const names = Object.keys(properties);
  at('row').replaceChildren(...names.map((name) => fieldOf(name, properties[name], required.includes(name))));
  at('access').hidden = true;
  for (const id of ['try', 'snippets']) at(id).hidden = names.length === 0;
  if (names.length === 0) problem('No release is loaded.');
  writeSnippets();
}

/** @param {string} name @param {Schema} given @param {boolean} required */
function fieldOf(name, given, required) {
  const schema = given.anyOf?.[0] ?? given;
  const label = document.createElement('label');
  const title = document.createElement('span');
  title.textContent = required ? name : `${name} (may be empty)`;
  const known = schema.enum ?? (schema.type === 'boolean' ? [true, false] : null);
  const field = known ? selectOf(known) : document.createElement(schema.type === 'array' ? 'textarea' : 'input');
  field.setAttribute('name', name);
  if (schema.examples && field instanceof HTMLInputElement) field.setAttribute('list', listOf(name, schema.examples));
  const example = api['x-cellkeep'].example?.[name];
  if (example !== undefined && example !== null) field.value = typeof example === 'string' ? example : JSON.stringify(example);
  const hint = document.createElement('small');
  hint.textContent = [schema.format ?? schema.type, schema.description].filter(Boolean).join('. ');
  label.append(title, field, hint);
  field.addEventListener('input', writeSnippets);
  return label;
}

function selectOf(/** @type {unknown[]} */ values) {
  const select = document.createElement('select');
  select.append(...['', ...values].map((value) => new Option(String(value), String(value))));
  return select;
}

function listOf(/** @type {string} */ name, /** @type {unknown[]} */ values) {
  const id = `values-${Object.keys(api.components.schemas.Row.properties).indexOf(name)}`;
  document.getElementById(id)?.remove();
  const list = document.createElement('datalist');
  list.id = id;
  list.append(...values.map((value) => new Option(String(value))));
  document.body.append(list);
  return id;
}

/** What is typed, in the signature's types; what is none of them stays a text, for the endpoint to say so. */
function rowOf() {
  const { properties } = api.components.schemas.Row;
  const row = /** @type {Record<string, unknown>} */ ({});
  for (const field of at('row').querySelectorAll('input, select, textarea')) {
    const { name, value } = /** @type {HTMLInputElement} */ (field);
    if (value === '') continue;
    const schema = properties[name].anyOf?.[0] ?? properties[name];
    row[name] = schema.type === 'string' ? value : parsed(value);
  }
  return row;
}

function parsed(/** @type {string} */ text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function writeSnippets() {
  const body = JSON.stringify(rowOf());
  const url = new URL('predict', location.href).href;
  at('curl').textContent = [
    `curl ${url} \\`,
    `  -H 'authorization: Bearer TOKEN' -H 'content-type: application/json' \\`,
    `  -d '${body.replaceAll("'", `'\\''`)}'`,
  ].join('\n');
  at('python').textContent = [
    'import json, urllib.request',
    '',
    `row = json.loads(${JSON.stringify(body)})`,
    `request = urllib.request.Request(${JSON.stringify(url)}, json.dumps(row).encode(), {"authorization": "Bearer TOKEN", "content-type": "application/json"})`,
    'with urllib.request.urlopen(request) as answer:',
    '    print(json.load(answer))',
  ].join('\n');
}

async function ask() {
  const since = performance.now();
  const response = await fetch('predict', { method: 'POST', headers: headers(), body: JSON.stringify(rowOf()) }).catch(() => null);
  const took = (performance.now() - since).toFixed(1);
  if (!response) {
    at('answer').textContent = 'The endpoint cannot be reached.';
    return;
  }
  const text = await response.text();
  const value = parsed(text);
  at('answer').textContent = `${response.status}, ${took} ms\n\n${typeof value === 'string' ? text : JSON.stringify(value, null, 2)}`;
}

at('use').addEventListener('click', load);
at('ask').addEventListener('click', ask);
at('row').addEventListener('submit', (event) => {
  event.preventDefault();
  ask();
});
await load();
