/** experiments/search: by name, times and tags. Their number is small beside that of runs: conditions are plain SQL on their table. */
import type { Db } from '../core/context.ts';
import { type Fragment, findExperimentRecords } from '../tracking/index.ts';
import { type Call, call, type MlflowContext } from './call.ts';
import { invalidParameter } from './errors.ts';
import { experimentMessage } from './experimentMessage.ts';
import { type Comparison, listOf, parseFilter, parseOrder, splitIdentifier, textOf } from './filter.ts';
import { experimentIdOf, isExperimentId } from './keys.ts';
import { int64, type Message, oneOf, string, strings } from './message.ts';
import { offsetOf, pageToken } from './pageToken.ts';
import { checkMaxResults, VIEWS } from './searchRuns.ts';
import { NOTE } from './tagNames.ts';

const fields = { view_type: oneOf(VIEWS), max_results: int64, order_by: strings, filter: string, page_token: string };

async function searchExperiments({ sql, caller }: MlflowContext, asked: Message<typeof fields>): Promise<object> {
  const { view_type = 'ACTIVE_ONLY', max_results: limit = 0, order_by, filter = '', page_token } = asked;
  checkMaxResults(limit);
  const conditions = parseFilter(filter, false).map((comparison) => conditionOf(sql, comparison));
  const order = orderOf(sql, order_by);
  const offset = offsetOf(page_token);
  const view = { ACTIVE_ONLY: sql`e.deleted_at is null`, DELETED_ONLY: sql`e.deleted_at is not null`, ALL: sql`true` }[view_type];
  const matches = conditions.reduce((all, one) => sql`${all} and ${one}`, view);
  const rest = sql`${matches} order by ${order} limit ${limit + 1} offset ${offset}`;
  const found = await findExperimentRecords(sql, caller.workspaceId, rest);
  return {
    experiments: found.length > 0 ? found.slice(0, limit).map(experimentMessage) : undefined,
    next_page_token: found.length > limit ? pageToken(offset + limit) : undefined,
  };
}

const ATTRIBUTES = ['name', 'experiment_id', 'creation_time', 'last_update_time'];
type Attribute = 'name' | 'experiment_id' | 'creation_time' | 'last_update_time';
type Field = { tag: string } | { attribute: Attribute };

function fieldNamed(identifier: string): Field {
  const { group, key } = splitIdentifier(identifier);
  if (group !== null && !['attribute', 'tag', 'tags'].includes(group)) {
    throw invalidParameter(`Invalid entity type '${group}'. Valid entity types are ('attribute', 'tag', 'tags')`);
  }
  if (group === 'tag' || group === 'tags') return { tag: key };
  if (ATTRIBUTES.includes(key)) return { attribute: key as Attribute };
  throw invalidParameter(`Invalid attribute key '${key}' specified. Valid keys are '{${ATTRIBUTES.map((one) => `'${one}'`).join(', ')}}'`);
}

function conditionOf(db: Db, { identifier, comparator, value }: Comparison): Fragment {
  const field = fieldNamed(identifier);
  const isNull = comparator === 'IS NULL' || comparator === 'IS NOT NULL';
  if ('tag' in field) {
    const column = field.tag === NOTE ? db`nullif(e.description, '')` : db`(e.tags ->> ${field.tag}::text)`;
    if (isNull) return comparator === 'IS NULL' ? db`${column} is null` : db`${column} is not null`;
    if (value.is !== 'quoted' && value.is !== 'word') {
      throw invalidParameter(`Expected a quoted string value for tag (e.g. 'my-value'). Got value ${value.written}`);
    }
    const text = textOf(value);
    return textual(db, column, comparator, text, 'tag');
  }
  const { attribute } = field;
  if (isNull) throw invalidParameter(`IS NULL / IS NOT NULL is only supported for tags, not for attribute '${attribute}'`);
  if (attribute === 'creation_time' || attribute === 'last_update_time') {
    return numeric(db, attribute === 'creation_time' ? db`e.created_at` : db`e.updated_at`, attribute, { comparator, value });
  }
  if (value.is === 'list' && attribute !== 'experiment_id') {
    throw invalidParameter("Only ['experiment_id'] attributes support comparison with a list of quoted string values.");
  }
  if (value.is === 'number') throw invalidParameter(`Expected a quoted string value for attributes. Got value ${value.written}`);
  if (attribute === 'experiment_id' && !['=', '!=', 'IN', 'NOT IN'].includes(comparator)) {
    throw invalidParameter(`Invalid comparator for experiment_id: ${comparator}`);
  }
  if (!COMPARATORS.includes(comparator)) {
    throw invalidParameter(`Invalid comparator '${comparator}' not one of '{${COMPARATORS.map((one) => `'${one}'`).join(', ')}}'`);
  }
  if (attribute === 'name') return textual(db, db`e.name`, comparator, textOf(value), 'string attribute');
  const given = value.is === 'list' ? listOf(value) : [textOf(value)];
  const ids = given.map(experimentIdOf).filter(isExperimentId);
  const isAmong = db`e.id = any(${ids}::bigint[])`;
  return comparator === '=' || comparator === 'IN' ? isAmong : db`(not ${isAmong})`;
}

const COMPARATORS = ['=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'];
const NUMERIC = ['=', '!=', '<', '<=', '>', '>='];

function numeric(db: Db, column: Fragment, name: string, { comparator, value }: Pick<Comparison, 'comparator' | 'value'>): Fragment {
  if (value.is !== 'number') throw invalidParameter(`Expected numeric value type for numeric attribute: ${name}. Found ${value.written}`);
  if (!NUMERIC.includes(comparator)) throw invalidParameter(`Invalid comparator for numeric attribute: ${comparator}`);
  if (!/^-?\d+$/.test(value.written)) throw invalidParameter(`Invalid value for numeric attribute '${name}': '${value.written}'`);
  const ms = db`(extract(epoch from ${column}) * 1000)::bigint`;
  return db`${ms} ${db.unsafe(comparator === '!=' ? '<>' : comparator)} ${Number(value.written)}::float8`;
}

function textual(db: Db, column: Fragment, comparator: string, text: string, what: string): Fragment {
  switch (comparator) {
    case '=':
      return db`${column} = ${text}`;
    case '!=':
      return db`${column} <> ${text}`;
    case 'LIKE':
      return db`${column} like ${text} escape ''`;
    case 'ILIKE':
      return db`${column} ilike ${text} escape ''`;
    default:
      throw invalidParameter(`Invalid comparator for ${what}: ${comparator}`);
  }
}

/** By code point; ties by id, the newest first. */
function orderOf(db: Db, clauses: readonly string[]): Fragment {
  const given = clauses.length > 0 ? clauses : ['creation_time DESC', 'experiment_id ASC'];
  const parts = given.map((clause) => {
    const { identifier, desc } = parseOrder(clause);
    const field = fieldNamed(identifier);
    if ('tag' in field) throw invalidParameter('Invalid order_by entity: tag');
    return { attribute: field.attribute, desc };
  });
  if (!parts.some(({ attribute }) => attribute === 'experiment_id')) parts.push({ attribute: 'experiment_id', desc: true });
  const columns = {
    name: db`e.name collate "C"`,
    experiment_id: db`e.id`,
    creation_time: db`e.created_at`,
    last_update_time: db`e.updated_at`,
  };
  return parts
    .map(({ attribute, desc }) => db`${columns[attribute]} ${desc ? db`desc` : db`asc`}`)
    .reduce((all, one) => db`${all}, ${one}`);
}

const path = 'mlflow/experiments/search';

export const searchExperimentsCalls: Call[] = [
  call({ method: 'POST', path, reads: true, message: fields, answer: searchExperiments }),
  call({ method: 'GET', path, message: fields, answer: searchExperiments }),
];
