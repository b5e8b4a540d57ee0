/** What a filter of runs/search means: each comparison as a condition on the run `r`. Values are parameters, never SQL. */
import type { Db } from '../core/context.ts';
import type { Fragment } from '../tracking/index.ts';
import { invalidParameter } from './errors.ts';
import { type Comparison, listOf, parseFilter, splitIdentifier, textOf } from './filter.ts';
import { statusesWhere } from './status.ts';
import { DATASET_CONTEXT, NOTE, PARENT, RUN_NAME } from './tagNames.ts';

type Group = 'metric' | 'parameter' | 'tag' | 'attribute' | 'dataset';

const GROUPS: Record<string, Group> = {
  ...{ metric: 'metric', metrics: 'metric', dataset: 'dataset', datasets: 'dataset', tag: 'tag', tags: 'tag' },
  ...{ parameter: 'parameter', parameters: 'parameter', param: 'parameter', params: 'parameter' },
  ...{ attribute: 'attribute', attributes: 'attribute', attr: 'attribute', run: 'attribute' },
};
const WORDS = "['metric', 'parameter', 'tag', 'attribute', 'dataset']";

export const ATTRIBUTES = ['artifact_uri', 'end_time', 'run_id', 'run_name', 'start_time', 'status', 'user_id', 'created', 'Created'];
const ALIASES: Record<string, string> = {
  ...{ created: 'start_time', Created: 'start_time' },
  ...{ 'run name': 'run_name', 'Run name': 'run_name', 'Run Name': 'run_name' },
};
const DATASET_KEYS = ['name', 'digest', 'context'];

const NUMERIC = ['>', '>=', '!=', '=', '<', '<='];
const TEXT = ['!=', '=', 'LIKE', 'ILIKE'];
const COMPARATORS: Record<string, readonly string[]> = {
  metric: NUMERIC,
  numeric: NUMERIC,
  parameter: [...TEXT, 'IS NULL', 'IS NOT NULL'],
  tag: [...TEXT, 'IS NULL', 'IS NOT NULL'],
  attribute: [...TEXT, 'IN', 'NOT IN'],
  dataset: [...TEXT, 'IN', 'NOT IN'],
};

export interface NamedField {
  group: Group;
  key: string;
}

/** @throws INVALID_PARAMETER_VALUE for a group or an attribute that is not there */
export function fieldNamed(identifier: string, attributes: readonly string[]): NamedField {
  const { group: written, key } = splitIdentifier(identifier);
  const group = written === null ? 'attribute' : Object.hasOwn(GROUPS, written) ? GROUPS[written] : undefined;
  if (!group) throw invalidParameter(`Invalid entity type '${written}'. Valid values are ${WORDS}`);
  if (group === 'attribute' && !attributes.includes(key)) {
    throw invalidParameter(
      `Invalid attribute key '${key}' specified. Valid keys are '{${attributes.map((one) => `'${one}'`).join(', ')}}'`,
    );
  }
  if (group === 'dataset' && !DATASET_KEYS.includes(key)) {
    throw invalidParameter(`Invalid dataset key '${key}' specified. Valid keys are '{'name', 'digest', 'context'}'`);
  }
  return { group, key: group === 'attribute' ? (ALIASES[key] ?? key) : key };
}

const isNumeric = ({ group, key }: NamedField) => group === 'attribute' && (key === 'start_time' || key === 'end_time');

/** All of them are to hold. */
export function runConditions(db: Db, filter: string): Fragment[] {
  const read = parseFilter(filter).map((comparison) => {
    const field = fieldNamed(comparison.identifier, [...ATTRIBUTES, ...Object.keys(ALIASES)]);
    return { field, comparator: comparison.comparator, value: valueFor(field, comparison) };
  });
  return read.map(({ field, comparator, value }) => {
    const allowed = COMPARATORS[isNumeric(field) ? 'numeric' : field.group] ?? [];
    if (!allowed.includes(comparator)) {
      throw invalidParameter(`Invalid comparator '${comparator}' not one of '{${allowed.map((one) => `'${one}'`).join(', ')}}'`);
    }
    return conditionOf(db, field, { comparator, value });
  });
}

type Operand = number | string | string[] | null;

function valueFor(field: NamedField, { comparator, value }: Comparison): Operand {
  const { group, key } = field;
  if (comparator === 'IS NULL' || comparator === 'IS NOT NULL') {
    if (group === 'tag' || group === 'parameter') return null;
    throw invalidParameter(`IS NULL / IS NOT NULL is only supported for tags and params, not for '${group}' '${key}'`);
  }
  if (group === 'metric' || isNumeric(field)) {
    if (value.is === 'number') return Number(value.written);
    const what = group === 'metric' ? 'metric' : `numeric attribute: ${key}`;
    throw invalidParameter(`Expected numeric value type for ${what}. Found ${value.written}`);
  }
  const isList = value.is === 'list' && (comparator === 'IN' || comparator === 'NOT IN');
  if (isList && group === 'dataset') return listOf(value);
  if (isList && group === 'attribute') {
    if (key === 'run_id') return listOf(value);
    throw invalidParameter("Only ['run_id'] attributes support comparison with a list of quoted string values.");
  }
  if (value.is === 'quoted' || value.is === 'word') return textOf(value);
  if (group === 'dataset') throw invalidParameter(`Expected a quoted string value for dataset attributes. Got value ${value.written}`);
  if (group === 'attribute') throw invalidParameter(`Expected a quoted string value for attributes. Got value ${value.written}`);
  throw invalidParameter(`Expected a quoted string value for ${group} (e.g. 'my-value'). Got value ${value.written}`);
}

interface Test {
  comparator: string;
  value: Operand;
}

function conditionOf(db: Db, { group, key }: NamedField, test: Test): Fragment {
  switch (group) {
    case 'metric':
      // The experiment is said as well: its index has the key before the run.
      return db`exists (
        select from series s
        where s.experiment_id = r.experiment_id and s.run_id = r.id and s.key = ${key} and ${numeric(db, db`s.last`, test)})`;
    case 'parameter':
      // The form that the GIN index answers.
      if (test.comparator === '=') return db`r.params @> ${db.json({ [key]: String(test.value) })}`;
      return textual(db, db`(r.params ->> ${key}::text)`, test);
    case 'tag':
      return tagCondition(db, key, test);
    case 'dataset':
      return db`exists (
        select from run_inputs i join logged_datasets d on d.id = i.dataset_id
        where i.run_id = r.id and ${textual(db, datasetPart(db, key), test)})`;
    case 'attribute':
      return attributeCondition(db, key, test);
  }
}

function datasetPart(db: Db, key: string): Fragment {
  if (key === 'context') return db`(i.tags ->> ${DATASET_CONTEXT}::text)`;
  return key === 'name' ? db`d.name` : db`d.digest`;
}

/** Some tags have a place of their own here, and are found there. */
function tagCondition(db: Db, key: string, test: Test): Fragment {
  if (key === RUN_NAME) return textual(db, db`r.name`, test);
  if (key === NOTE) return textual(db, db`nullif(r.notes, '')`, test);
  if (key === PARENT) {
    // The index knows a parent by its id; a tag that names no run of ours stays a tag.
    const isId = test.comparator === '=' && /^[0-9a-f]{32}$/.test(String(test.value));
    if (isId) return db`(r.parent_run_id = ${String(test.value)}::uuid or r.tags @> ${db.json({ [key]: String(test.value) })})`;
    return textual(db, db`coalesce(replace(r.parent_run_id::text, '-', ''), r.tags ->> ${key}::text)`, test);
  }
  if (test.comparator === '=') return db`r.tags @> ${db.json({ [key]: String(test.value) })}`;
  return textual(db, db`(r.tags ->> ${key}::text)`, test);
}

function attributeCondition(db: Db, key: string, test: Test): Fragment {
  switch (key) {
    case 'start_time':
      return numeric(db, db`r.started_at`, test);
    case 'end_time':
      return numeric(db, db`r.ended_at`, test);
    case 'run_id':
      return idCondition(db, test);
    case 'status':
      return db`r.status = any(${statusesWhere((word) => holds(word, test))}::text[])`;
    default:
      return textual(db, attributeText(db, key), test);
  }
}

export function attributeText(db: Db, key: string): Fragment {
  // As this protocol tells it: what the client said, "unknown" as well.
  if (key === 'user_id') return db`coalesce(r.source ->> 'user', r.user_name)`;
  if (key === 'status') return db`r.status`;
  if (key === 'run_name') return db`r.name`;
  return db`(
    select coalesce(e.artifact_location, 'mlflow-artifacts:/' || e.id) || '/' || replace(r.id::text, '-', '') || '/artifacts'
    from experiments e where e.id = r.experiment_id)`;
}

function idCondition(db: Db, test: Test): Fragment {
  const { comparator, value } = test;
  if (comparator === 'LIKE' || comparator === 'ILIKE') return textual(db, db`replace(r.id::text, '-', '')`, test);
  const ids = (Array.isArray(value) ? value : [String(value)]).filter((id) => /^[0-9a-f]{32}$/.test(id));
  const isAmong = db`r.id = any(${ids}::uuid[])`;
  return comparator === '!=' || comparator === 'NOT IN' ? db`(not ${isAmong})` : isAmong;
}

/** Postgres takes NaN for the greatest number; in MLflow it only differs from all. */
function numeric(db: Db, column: Fragment, { comparator, value }: Test): Fragment {
  const operand = db`${Number(value)}::float8`;
  if (comparator === '>' || comparator === '>=') {
    return db`(${column} ${db.unsafe(comparator)} ${operand} and ${column} < 'NaN'::float8)`;
  }
  return db`${column} ${db.unsafe(comparator === '!=' ? '<>' : comparator)} ${operand}`;
}

/** Null, and so no match, where there is no such text. `%` is any text, `_` any character, a backslash itself. */
function textual(db: Db, column: Fragment, { comparator, value }: Test): Fragment {
  switch (comparator) {
    case '=':
      return db`${column} = ${String(value)}`;
    case '!=':
      return db`${column} <> ${String(value)}`;
    case 'LIKE':
      return db`${column} like ${String(value)} escape ''`;
    case 'ILIKE':
      return db`${column} ilike ${String(value)} escape ''`;
    case 'IN':
      return db`${column} = any(${value as string[]}::text[])`;
    case 'NOT IN':
      return db`${column} <> all(${value as string[]}::text[])`;
    case 'IS NULL':
      return db`${column} is null`;
    default:
      return db`${column} is not null`;
  }
}

/** As `textual`, for a word that is known here. */
function holds(word: string, { comparator, value }: Test): boolean {
  if (comparator === '=') return word === value;
  if (comparator === '!=') return word !== value;
  const pattern = String(value)
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/%+/g, '.*')
    .replaceAll('_', '.');
  return new RegExp(`^${pattern}$`, comparator === 'ILIKE' ? 'is' : 's').test(word);
}
