/** What a field is in SQL. The run is `r` in every query of this folder. */
import type { PendingQuery, Row } from 'postgres';
import type { Db } from '../../core/context.ts';
import type { AttributeName } from './attributes.ts';

export type Fragment = PendingQuery<Row[]>;

/**
 * Text that float8 takes without an error: within 40 characters and with exponents to 269 a number stays far from its ends. A CASE must
 * ask this before the cast, because one param "1e999" would fail the whole search. Infinity and NaN as Python and JavaScript write them
 * count too. The length is not said by {1,25}: Postgres compiles that to an automaton 50 times slower (100,000 runs: 5 s).
 */
const NUMBER = '^([+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?(0?[0-9]?[0-9]|1[0-9][0-9]|2[0-6][0-9]))?|[+-]?(inf|Infinity)|nan|NaN)$';

/**
 * The number that a text says, null where it says none. Digits with at most one dot need no look at the form, which takes three times as
 * long as the rest (100,000 runs by a param: 100 ms less of Postgres' time).
 */
export function numberIn(db: Db, text: Fragment): Fragment {
  return db`case when length(${text}) > 40 then null
    when translate(${text}, '0123456789', '') in ('', '.') and ${text} not in ('', '.') then (${text})::float8
    when ${text} ~ ${NUMBER} then (${text})::float8 end`;
}

export function attributeIn(db: Db, name: Exclude<AttributeName, 'notebook' | 'experiment'>): Fragment {
  switch (name) {
    case 'id':
      return db`r.id`;
    case 'parent_run_id':
      return db`r.parent_run_id`;
    case 'name':
      return db`r.name`;
    case 'status':
      return db`r.status`;
    case 'started_at':
      return db`r.started_at`;
    case 'ended_at':
      return db`r.ended_at`;
    case 'duration': // ms
      return db`(r.ended_at - r.started_at)`;
    case 'user':
      return userIn(db);
    case 'cell':
      return db`(r.source ->> 'cellId')`;
    case 'notes':
      return db`r.notes`;
    case 'verdict':
      return db`(r.verdict ->> 'status')`;
  }
}

/**
 * Whose run it is: whom its process said that it ran as, else the account that logged it. MLflow's client says "unknown" where it was told
 * nobody. Anybody may say any name here: rights go by the account, `r.user_id` and `r.user_name`.
 */
export const userIn = (db: Db): Fragment => db`coalesce(nullif(nullif(r.source ->> 'user', ''), 'unknown'), r.user_name)`;

export function textIn(db: Db, of: 'param' | 'tag', key: string): Fragment {
  return of === 'param' ? db`(r.params ->> ${key}::text)` : db`(r.tags ->> ${key}::text)`;
}

/**
 * Conditions differ with every filter, and a named statement would stay in the connection for each; and after five uses Postgres may
 * plan without looking at the values, which decide between walking an order and looking matches up. The driver has the option, but its
 * types name it for `unsafe` only.
 */
export function unprepared<Q extends object>(query: Q): Q {
  (query as unknown as { options: { prepare?: boolean } }).options.prepare = false;
  return query;
}
