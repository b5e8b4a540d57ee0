/**
 * What runs are ordered by, as columns that compare one after the other, nulls last in both directions.
 *
 * Metrics: numbers, then NaN, then runs without. Params and tags: those that say a number by it, then the others as text, then runs
 * without. Text is compared in lower case by its first characters, because a cursor carries them. Ties: newest first, then by id.
 */
import type { SearchInput } from '@cellkeep/schema/tracking';
import type { Helper } from 'postgres';
import type { Db } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { kindOf } from './attributes.ts';
import { fieldAlone } from './fields.ts';
import { attributeIn, type Fragment, numberIn, textIn } from './sqlValues.ts';
import type { Field } from './tree.ts';

export interface Order {
  field: Field;
  desc: boolean;
  /** What it is compared by, where another protocol orders the field otherwise. */
  column?: Column;
}

export interface Column {
  value: Fragment;
  type: 'float8' | 'bigint' | 'text' | 'boolean' | 'uuid';
  desc: boolean;
  nullable: boolean;
}

/** Characters of text that decide, shared among the keys: a cursor has room for 4,096, and an escaped character takes 8 of them. */
const TEXT = 320;
const UNSTORABLE = /\p{Cc}|\p{Cs}/u;

/** An identifier of ours, as the driver quotes it. */
type Alias = Helper<string, []>;

export function ordersOf(orderBy: SearchInput['orderBy']): Order[] {
  const orders = orderBy.map(({ by, direction }, i) => {
    const wrong = ({ reason, remedy }: { reason: string; remedy: string }) =>
      failure('BAD_REQUEST', { field: `orderBy[${i}].by`, reason, remedy });
    if (UNSTORABLE.test(by)) throw wrong({ reason: 'a key holds no control characters', remedy: 'remove them' });
    const field = fieldAlone(by);
    if (!('of' in field)) throw wrong(field);
    if (field.of === 'dataset')
      throw wrong({ reason: 'a run may have several datasets, and no order by them', remedy: 'filter by datasets.name instead' });
    return { field, desc: direction === 'desc' };
  });
  const same = (a: Field, b: Field) => JSON.stringify(a) === JSON.stringify(b);
  // The second time that a field is named, all runs are already equal in it.
  return orders.filter(({ field }, i) => orders.findIndex((other) => same(other.field, field)) === i);
}

/** The joins that the columns read from, and the columns. */
export function columnsOf(db: Db, orders: Order[]): { joins: Fragment; columns: Column[] } {
  const parts = orders.map(({ field, desc, column }, i) =>
    column ? { join: db``, columns: [column] } : columnsOfField(db, field, desc, db(`m${i}`), Math.floor(TEXT / orders.length)),
  );
  const named = (name: string) => orders.some(({ field }) => field.of === 'attribute' && field.name === name);
  const newest: Column[] = named('started_at') ? [] : [{ value: db`r.started_at`, type: 'bigint', desc: true, nullable: false }];
  const byId: Column[] = named('id') ? [] : [{ value: db`r.id`, type: 'uuid', desc: false, nullable: false }];
  const ties = named('id') ? [] : [...newest, ...byId];
  return { joins: db`${[db``, ...parts.map(({ join }) => join)]}`, columns: [...parts.flatMap(({ columns }) => columns), ...ties] };
}

function columnsOfField(db: Db, field: Field, desc: boolean, alias: Alias, length: number): { join: Fragment; columns: Column[] } {
  const none = db``;
  const text = (value: Fragment, nullable: boolean): Column => ({
    value: db`left(lower(${value}), ${length}::int) collate "C"`,
    type: 'text',
    desc,
    nullable,
  });
  if (field.of === 'metric') {
    const join = db` left join series ${alias} on ${alias}.run_id = r.id and ${alias}.key = ${field.key}`;
    const stat = db`${alias}.${db(field.stat ?? 'last')}::float8`;
    const number: Column = { value: db`nullif(${stat}, 'NaN'::float8)`, type: 'float8', desc, nullable: true };
    return { join, columns: [number, { value: db`(${stat} is null)`, type: 'boolean', desc: false, nullable: false }] };
  }
  if (field.of === 'dataset') throw new Error('ordersOf lets no dataset through');
  if (field.of !== 'attribute') {
    // Taken out of the document once, and not for each of the five places that look at it.
    const join = db` cross join lateral (select ${textIn(db, field.of, field.key)} as text offset 0) ${alias}`;
    const value = db`${alias}.text`;
    const number = db`nullif(${numberIn(db, value)}, 'NaN'::float8)`;
    return { join, columns: [{ value: number, type: 'float8', desc, nullable: true }, text(value, true)] };
  }
  if (field.name === 'notebook') {
    const path = db`(select n.path from notebooks n where n.id = r.notebook_id and n.replaced_at is null)`;
    return { join: none, columns: [text(path, true)] };
  }
  if (field.name === 'experiment')
    return { join: none, columns: [text(db`(select e.name from experiments e where e.id = r.experiment_id)`, false)] };
  const value = attributeIn(db, field.name);
  const kind = kindOf(field.name);
  const nullable = field.name !== 'started_at' && field.name !== 'id';
  if (kind === 'id') return { join: none, columns: [{ value, type: 'uuid', desc, nullable }] };
  if (kind === 'time' || kind === 'duration') return { join: none, columns: [{ value, type: 'bigint', desc, nullable }] };
  return { join: none, columns: [text(value, nullable)] };
}

export function orderedBy(db: Db, columns: Column[]): Fragment {
  const parts = columns.map(({ value, desc, nullable }) => {
    const direction = desc ? db` desc` : db` asc`;
    return db`${value}${direction}${nullable ? db` nulls last` : db``}`;
  });
  return commaSeparated(db, parts);
}

export function commaSeparated(db: Db, parts: Fragment[]): Fragment {
  return db`${parts.flatMap((part, i) => (i === 0 ? part : [db`, `, part]))}`;
}
