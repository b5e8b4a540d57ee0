/** What order_by of runs/search means: text is compared as it is, by code point; runs that lack the key come last in both directions. */
import type { Db } from '../core/context.ts';
import type { Column, Fragment, Order } from '../tracking/index.ts';
import { invalidParameter } from './errors.ts';
import { parseOrder } from './filter.ts';
import { ATTRIBUTES, attributeText, fieldNamed, type NamedField } from './runFilter.ts';
import { NOTE, PARENT, RUN_NAME } from './tagNames.ts';

/** Characters that decide. */
const LONGEST = 320;

export function runOrders(db: Db, clauses: readonly string[]): Order[] {
  const seen = new Set<string>();
  return clauses.map((clause) => {
    const { identifier, desc } = parseOrder(clause);
    const field = fieldNamed(identifier, ATTRIBUTES);
    const { group, key } = field;
    if (group === 'dataset') throw invalidParameter("Invalid identifier type 'dataset'");
    if (seen.has(`${group} ${key}`)) throw invalidParameter(`\`order_by\` contains duplicate fields: ['${clauses.join("', '")}']`);
    seen.add(`${group} ${key}`);
    return orderOf(db, field, desc);
  });
}

function orderOf(db: Db, { group, key }: NamedField, desc: boolean): Order {
  if (group === 'metric') return { field: { of: 'metric', key }, desc };
  if (group === 'attribute') {
    if (key === 'start_time') return { field: { of: 'attribute', name: 'started_at' }, desc };
    if (key === 'end_time') return { field: { of: 'attribute', name: 'ended_at' }, desc };
    if (key === 'run_id') return { field: { of: 'attribute', name: 'id' }, desc };
    return { field: { of: 'attribute', name: 'name' }, desc, column: text(db, attributeText(db, key), desc) };
  }
  const of = group === 'tag' ? 'tag' : 'param';
  return { field: { of, key }, desc, column: text(db, of === 'tag' ? tagText(db, key) : db`(r.params ->> ${key}::text)`, desc) };
}

function tagText(db: Db, key: string): Fragment {
  if (key === RUN_NAME) return db`r.name`;
  if (key === NOTE) return db`nullif(r.notes, '')`;
  if (key === PARENT) return db`coalesce(replace(r.parent_run_id::text, '-', ''), r.tags ->> ${key}::text)`;
  return db`(r.tags ->> ${key}::text)`;
}

const text = (db: Db, value: Fragment, desc: boolean): Column => ({
  value: db`left(${value}, ${LONGEST}) collate "C"`,
  type: 'text',
  desc,
  nullable: true,
});
