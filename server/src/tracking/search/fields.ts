/** Names of fields: a prefix, a dot and a key, or an attribute's name alone. */
import { ATTRIBUTE_NAMES, attributeNamed, SPELLINGS } from './attributes.ts';
import type { DatasetPart, Field, Stat } from './tree.ts';
import { nearest } from './wrong.ts';

/** MLflow's spellings. */
const PREFIXES: Record<string, Field['of']> = {
  metrics: 'metric',
  metric: 'metric',
  params: 'param',
  param: 'param',
  parameters: 'param',
  parameter: 'param',
  tags: 'tag',
  tag: 'tag',
  datasets: 'dataset',
  dataset: 'dataset',
  attributes: 'attribute',
  attribute: 'attribute',
  attr: 'attribute',
  run: 'attribute',
};

const DATASET_PARTS: readonly DatasetPart[] = ['name', 'digest', 'context'];
/** A key that may be one of a series' summary values behind another key. */
const STAT = /^(.+)\.(last|min|max|count)$/;

export interface NotAField {
  reason: string;
  remedy: string;
}

export function groupNamed(prefix: string): Field['of'] | undefined {
  const name = prefix.toLowerCase();
  return Object.hasOwn(PREFIXES, name) ? PREFIXES[name] : undefined;
}

/** Of `metrics.` or `Params.`, which stand before a key. `literal`: a key in quotes is nothing else. */
export function fieldOf(prefix: string, key: string, literal = false): Field | NotAField {
  const of = groupNamed(prefix);
  if (!of) {
    const meant = nearest(prefix, Object.keys(PREFIXES));
    const remedy = meant ? `did you mean ${meant}.${key}?` : 'begin with metrics., params., tags., datasets. or attributes.';
    return { reason: `there is no group ${JSON.stringify(prefix)}`, remedy };
  }
  if (of === 'attribute') return attributeField(key);
  if (key === '') return { reason: `a key is missing after ${prefix}.`, remedy: `write ${prefix}.key, or ${prefix}.\`any key\`` };
  if (of === 'dataset') {
    const part = DATASET_PARTS.find((one) => one === key.toLowerCase());
    if (part) return { of, name: part };
    return { reason: `a dataset has no ${JSON.stringify(key)}`, remedy: `write datasets.name, datasets.digest or datasets.context` };
  }
  const [, base, stat] = (of === 'metric' && !literal && STAT.exec(key)) || [];
  return of === 'metric' && base && stat ? { of, key, orElse: { key: base, stat: stat as Stat } } : ({ of, key } as Field);
}

export function attributeField(written: string): Field | NotAField {
  const name = attributeNamed(written);
  if (name) return { of: 'attribute', name };
  const meant = nearest(written.replace(/\s+/g, '_'), SPELLINGS);
  const listed = `attributes are ${ATTRIBUTE_NAMES.join(', ')}; others need metrics., params. or tags. before them`;
  return { reason: `there is no attribute ${JSON.stringify(written)}`, remedy: meant ? `did you mean ${meant}?` : listed };
}

/** A field that stands alone, as in orderBy: nothing follows, so a key with spaces needs no quotes, but may have them. */
export function fieldAlone(written: string): Field | NotAField {
  const text = written.trim();
  const dot = text.indexOf('.');
  if (dot < 0) return attributeField(unquoted(text));
  const key = text.slice(dot + 1);
  return fieldOf(text.slice(0, dot), unquoted(key), unquoted(key) !== key);
}

function unquoted(key: string): string {
  const quote = key[0];
  if ((quote !== '"' && quote !== '`') || key.length < 2 || !key.endsWith(quote)) return key;
  return key.slice(1, -1).replaceAll(quote + quote, quote);
}
