/** Comparisons on models and versions as conditions of the room, checked as MLflow's registry does it. */
import type { Condition, Operator } from '../registry/index.ts';
import { PROMPT_TAG } from '../registry/index.ts';
import { invalidParameter } from './errors.ts';
import { type Comparison, invalidClause, parseModelFilter, refuseSeveral } from './modelFilter.ts';

interface Attributes<Field extends string> {
  /** The protocol's names of fields of the room. */
  text: Record<string, Field>;
  numbers: Record<string, Field>;
  /** Of the names of texts, those that IN takes. */
  lists: readonly string[];
}

export interface RegistryFilter<Field extends string> {
  conditions: Condition<Field | 'tag'>[];
  /** Whether it asks for prompts, which are left out where nobody does. */
  prompts: boolean;
}

const TEXT_OPERATORS = ['=', '!=', 'LIKE', 'ILIKE'];
const NUMBER_OPERATORS = ['=', '!=', '<', '<=', '>', '>='];

export function readRegistryFilter<Field extends string>(filter: string, attributes: Attributes<Field>): RegistryFilter<Field> {
  refuseSeveral(filter);
  const comparisons = parseModelFilter(filter, invalidClause);
  const conditions = comparisons.map((comparison) => conditionOf(comparison, attributes));
  const onPrompts = conditions.filter(({ field, key }) => field === 'tag' && key === PROMPT_TAG);
  const [first] = onPrompts;
  const value = String(first?.value).toLowerCase();
  const prompts = first !== undefined && ((first.operator === '=' && value === 'true') || (first.operator === '!=' && value === 'false'));
  // "No prompts" cannot be asked for by a tag that ordinary models do not have: it is what is meant without any word.
  return { conditions: prompts ? conditions : conditions.filter((one) => !onPrompts.includes(one)), prompts };
}

function conditionOf<Field extends string>(comparison: Comparison, attributes: Attributes<Field>): Condition<Field | 'tag'> {
  const { prefix, key } = comparison;
  if (prefix === 'tag' || prefix === 'tags') return { field: 'tag', key, ...tagComparison(comparison) };
  if (prefix !== '' && prefix !== 'attribute')
    throw invalidParameter(`Invalid entity type '${prefix}'. Valid entity types are ('attribute', 'tag', 'tags')`);
  const number = attributes.numbers[key];
  if (number !== undefined) return { field: number, ...numberComparison(comparison, attributes.lists) };
  const text = attributes.text[key];
  if (text !== undefined) return { field: text, ...textComparison(comparison, attributes) };
  const valid = [...Object.keys(attributes.text), ...Object.keys(attributes.numbers)].map((name) => `'${name}'`).join(', ');
  throw invalidParameter(`Invalid attribute key '${key}' specified. Valid keys are '{${valid}}'`);
}

function tagComparison({ operator, value }: Comparison): { operator: Operator; value: string } {
  if (value.is !== 'text') {
    const written = value.is === 'list' ? value.written : value.text;
    if (value.is === 'word') throw notQuoted(written);
    throw invalidParameter(`Expected a quoted string value for tag (e.g. 'my-value'). Got value ${written}`);
  }
  if (!TEXT_OPERATORS.includes(operator)) throw invalidParameter(`Invalid comparator for tag: ${operator}`);
  return { operator: operator as Operator, value: value.text };
}

function numberComparison({ key, operator, value }: Comparison, lists: readonly string[]): { operator: Operator; value: number } {
  if (value.is === 'list') throw onlyLists(lists);
  if (value.is === 'word') throw notQuoted(value.text);
  if (!NUMBER_OPERATORS.includes(operator)) throw invalidParameter(`Invalid comparator for attribute ${key}: ${operator}`);
  if (/^\s*[+-]?\d{1,15}\s*$/.test(value.text)) return { operator: operator as Operator, value: Number(value.text) };
  const written = value.is === 'text' ? `'${value.text}'` : value.text;
  throw invalidParameter(`Invalid value for numeric attribute '${key}': ${written}`);
}

function textComparison<Field extends string>(
  { key, operator, value }: Comparison,
  { numbers, lists }: Attributes<Field>,
): { operator: Operator; value: string | string[] } {
  if (value.is === 'word') throw notQuoted(value.text);
  if (value.is === 'number') {
    const names = Object.keys(numbers);
    throw names.length > 0
      ? invalidParameter(`Only the '{${names.map((name) => `'${name}'`).join(', ')}}' attributes support comparison with numeric values.`)
      : invalidParameter(`Expected a quoted string value or a list of quoted string values for attributes. Got value ${value.text}`);
  }
  if (value.is === 'list') {
    if (!lists.includes(key)) throw onlyLists(lists);
    if (operator !== 'IN' && operator !== 'NOT IN') throw invalidParameter(`Invalid comparator for attribute: ${operator}`);
    return { operator, value: textsOf(value) };
  }
  if (!TEXT_OPERATORS.includes(operator)) throw invalidParameter(`Invalid comparator for attribute: ${operator}`);
  return { operator: operator as Operator, value: value.text };
}

export function textsOf({ items, written }: Extract<Comparison['value'], { is: 'list' }>): string[] {
  if (items.length === 0)
    throw invalidParameter('While parsing a list in the query, expected a non-empty list of string values, but got empty list');
  return items.map((item) => {
    if (item.is === 'text') return item.text;
    throw invalidParameter(
      `While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type in list: ${written}`,
    );
  });
}

function onlyLists(names: readonly string[]) {
  const list = names.map((name) => `'${name}'`).join(', ');
  return invalidParameter(`Only [${list}] attributes support comparison with a list of quoted string values.`);
}

function notQuoted(written: string) {
  return invalidParameter(
    `Parameter value is either not quoted or unidentified quote types used for string value ${written}. Use either single or double quotes.`,
  );
}
