// JSON Schema as a person reads it: a sketch of the value, and a value to begin with.

/**
 * @typedef {object} Schema as in OpenAPI 3.1, as far as our document goes
 * @property {string} [$ref]
 * @property {string | string[]} [type]
 * @property {unknown} [const]
 * @property {unknown[]} [enum]
 * @property {Schema[]} [anyOf]
 * @property {Schema[]} [oneOf]
 * @property {Schema[]} [allOf]
 * @property {Record<string, Schema>} [properties]
 * @property {string[]} [required]
 * @property {Schema} [items]
 * @property {Schema | boolean} [additionalProperties]
 * @property {unknown} [default]
 * @property {string} [format]
 * @property {string} [description]
 */

const nameOf = (/** @type {string} */ ref) => ref.slice(ref.lastIndexOf('/') + 1);

/**
 * The type in the notation of TypeScript, with descriptions as comments; references stay names.
 * @param {Schema} schema
 * @param {string} [indent]
 * @returns {string}
 */
export function sketch(schema, indent = '') {
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices) return choices.map((choice) => sketch(choice, indent)).join(schema.allOf ? ' & ' : ' | ');
  if (schema.type === 'array') {
    const item = sketch(schema.items ?? {}, indent);
    return / [|&] /.test(item) && !item.startsWith('{') ? `(${item})[]` : `${item}[]`;
  }
  if (schema.properties) {
    const inner = `${indent}  `;
    const lines = Object.entries(schema.properties).map(([key, value]) => {
      const mark = schema.required?.includes(key) ? '' : '?';
      const otherwise = value.default === undefined ? '' : ` = ${JSON.stringify(value.default)}`;
      const comment = value.description ? `  // ${value.description}` : '';
      return `${inner}${/^\w+$/.test(key) ? key : JSON.stringify(key)}${mark}: ${sketch(value, inner)}${otherwise}${comment}`;
    });
    return lines.length > 0 ? `{\n${lines.join('\n')}\n${indent}}` : '{}';
  }
  if (schema.type === 'object') {
    const values = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
    return `{ [key: string]: ${sketch(values, indent)} }`;
  }
  if (schema.format === 'binary') return 'bytes';
  return schema.type === undefined ? 'unknown' : [schema.type].flat().join(' | ');
}

/** Every schema that this one names, itself or through others, in the order in which they are met. */
export function namesIn(/** @type {unknown} */ schema, /** @type {Record<string, Schema>} */ schemas, names = new Set()) {
  for (const [, name] of JSON.stringify(schema).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    if (names.has(name)) continue;
    names.add(name);
    namesIn(schemas[name] ?? {}, schemas, names);
  }
  return names;
}

/**
 * A value with what must be there, to be filled in.
 * @param {Schema} schema
 * @param {Record<string, Schema>} schemas
 * @returns {unknown}
 */
export function firstValue(schema, schemas) {
  if (schema.$ref) return firstValue(schemas[nameOf(schema.$ref)] ?? {}, schemas);
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [choice] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (choice) return firstValue(choice, schemas);
  if (schema.type === 'array') return [];
  if (schema.properties) {
    const { required = [] } = schema;
    const there = Object.entries(schema.properties).filter(([key]) => required.includes(key));
    return Object.fromEntries(there.map(([key, value]) => [key, firstValue(value, schemas)]));
  }
  const plain = { object: {}, string: '', integer: 0, number: 0, boolean: false };
  return plain[/** @type {keyof typeof plain} */ ([schema.type].flat()[0])] ?? null;
}
