/** Comparisons on models and versions as conditions of the room, checked as MLflow's registry does it. */
import type { Condition, Operator } from '../registry/index.ts';
import { PROMPT_TAG } from '../registry/index.ts';
import { invalidParameter } from './errors.ts';
import { type Comparison, listOf, parseFilter, splitIdentifier, textOf } from './filter.ts';

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
  const conditions = parseFilter(filter, false).map((comparison) => conditionOf(comparison, attributes));
  const onPrompts = conditions.filter(({ field, key }) => field === 'tag' && key === PROMPT_TAG);
  const [first] = onPrompts;
  const value = String(first?.value).toLowerCase();
  const prompts = first !== undefined && ((first.operator === '=' && value === 'true') || (first.operator === '!=' && value === 'false'));
  // "No prompts" cannot be asked for by a tag that ordinary models do not have: it is what is meant without any word.
  return { conditions: prompts ? conditions : conditions.filter((one) => !onPrompts.includes(one)), prompts };
}

function conditionOf<Field extends string>(comparison: Comparison, attributes: Attributes<Field>): Condition<Field | 'tag'> {
  const { group, key } = splitIdentifier(comparison.identifier);
  if (group === 'tag' || group === 'tags') return { field: 'tag', key, ...tagComparison(comparison) };
  if (group !== null && group !== 'attribute')
    throw invalidParameter(`Invalid entity type '${group}'. Valid entity types are ('attribute', 'tag', 'tags')`);
  const number = Object.hasOwn(attributes.numbers, key) ? attributes.numbers[key] : undefined;
  if (number !== undefined) return { field: number, ...numberComparison(key, comparison, attributes.lists) };
  const text = Object.hasOwn(attributes.text, key) ? attributes.text[key] : undefined;
  if (text !== undefined) return { field: text, ...textComparison(key, comparison, attributes) };
  const valid = named([...Object.keys(attributes.text), ...Object.keys(attributes.numbers)]);
  throw invalidParameter(`Invalid attribute key '${key}' specified. Valid keys are '{${valid}}'`);
}

const named = (words: readonly string[]) => words.map((word) => `'${word}'`).join(', ');

function tagComparison({ comparator, value }: Comparison): { operator: Operator; value: string } {
  if (value.is === 'number' || value.is === 'list')
    throw invalidParameter(`Expected a quoted string value for tag (e.g. 'my-value'). Got value ${value.written}`);
  if (!TEXT_OPERATORS.includes(comparator) && value.is !== 'word') throw invalidParameter(`Invalid comparator for tag: ${comparator}`);
  return { operator: comparator as Operator, value: textOf(value) };
}

function numberComparison(key: string, { comparator, value }: Comparison, lists: readonly string[]): { operator: Operator; value: number } {
  if (value.is === 'list') throw onlyLists(lists);
  const written = value.is === 'number' || value.is === 'none' ? value.written : textOf(value);
  if (!NUMBER_OPERATORS.includes(comparator)) throw invalidParameter(`Invalid comparator for attribute ${key}: ${comparator}`);
  if (/^\s*[+-]?\d{1,15}\s*$/.test(written)) return { operator: comparator as Operator, value: Number(written) };
  throw invalidParameter(`Invalid value for numeric attribute '${key}': ${value.is === 'quoted' ? `'${written}'` : written}`);
}

function textComparison<Field extends string>(
  key: string,
  { comparator, value }: Comparison,
  { numbers, lists }: Attributes<Field>,
): { operator: Operator; value: string | string[] } {
  if (value.is === 'number') {
    const names = Object.keys(numbers);
    throw names.length > 0
      ? invalidParameter(`Only the '{${named(names)}}' attributes support comparison with numeric values.`)
      : invalidParameter(`Expected a quoted string value or a list of quoted string values for attributes. Got value ${value.written}`);
  }
  const refused = () => invalidParameter(`Invalid comparator for attribute: ${comparator}`);
  if (value.is === 'list') {
    if (!lists.includes(key)) throw onlyLists(lists);
    const texts = listOf(value);
    if (comparator !== 'IN' && comparator !== 'NOT IN') throw refused();
    return { operator: comparator, value: texts };
  }
  if (!TEXT_OPERATORS.includes(comparator) && value.is !== 'word') throw refused();
  return { operator: comparator as Operator, value: textOf(value) };
}

function onlyLists(names: readonly string[]) {
  return invalidParameter(`Only [${named(names)}] attributes support comparison with a list of quoted string values.`);
}
