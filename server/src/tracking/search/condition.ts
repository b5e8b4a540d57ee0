/**
 * A tree as one SQL condition on the run `r`.
 *
 * A comparison of a key that the run lacks is unknown, as in SQL, and unknown stays unknown under NOT: `not params.model = 'a'` finds the
 * same runs as `params.model != 'a'`, those that have another model. Only IS NULL finds the runs without one. NOT is carried down to the
 * comparisons, since neither EXISTS nor @> tells "lacks the key" from "has another value".
 *
 * NaN is neither less nor greater than anything, but equal to NaN, so that it can be looked for.
 */
import type { Db } from '../../core/context.ts';
import { attributeIn, type Fragment, numberIn, textIn } from './sqlValues.ts';
import type { Operator } from './tokens.ts';
import type { Field, Leaf, Tree } from './tree.ts';

export function conditionOf(db: Db, workspaceId: string, tree: Tree, negated = false): Fragment {
  switch (tree.is) {
    case 'not':
      return conditionOf(db, workspaceId, tree.part, !negated);
    case 'and':
    case 'or': {
      const all = (tree.is === 'and') !== negated;
      const parts = tree.parts.map((part) => conditionOf(db, workspaceId, part, negated));
      return db`(${parts.flatMap((part, i) => (i === 0 ? part : [all ? db` and ` : db` or `, part]))})`;
    }
    case 'text': {
      const pattern = inside(tree.text);
      return whether(db, negated, db`(r.name ilike ${pattern} or r.notes ilike ${pattern})`);
    }
    case 'words': {
      const { field } = tree;
      const each = (predicate: (pattern: string) => Fragment) =>
        db`(${tree.words.flatMap((word, i) => (i === 0 ? predicate(inside(word)) : [db` and `, predicate(inside(word))]))})`;
      if (field)
        return among(db, workspaceId, field, (value) =>
          whether(
            db,
            negated,
            each((pattern) => db`${value} ilike ${pattern}`),
          ),
        );
      return whether(
        db,
        negated,
        each((pattern) => db`(r.name ilike ${pattern} or r.notes ilike ${pattern})`),
      );
    }
    case 'differ':
      return whether(db, negated, difference(db, tree));
    case 'null': {
      const asked = tree.negated !== negated;
      return presence(db, workspaceId, tree.field, asked);
    }
    default:
      return leaf(db, workspaceId, tree, negated);
  }
}

/** The pattern of what has this text in it. */
const inside = (text: string) => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

/** Whether a run's params are other ones than those of a certain run. One that lacks a key that the other has, or the reverse, differs in it. */
function difference(db: Db, { from: { params = {} }, keys, only }: Extract<Leaf, { is: 'differ' }>): Fragment {
  if (!keys) return db`(r.params <> ${db.json(params)})`;
  const each = keys.map(
    (key) => db`(r.params ->> ${key}::text) is distinct from ${Object.hasOwn(params, key) ? (params[key] ?? null) : null}::text`,
  );
  const some = db`(${each.flatMap((one, i) => (i === 0 ? one : [db` or `, one]))})`;
  if (!only) return some;
  const others = db.json(Object.fromEntries(Object.entries(params).filter(([key]) => !keys.includes(key))));
  // The first is for the index, which the second says more exactly.
  return db`(r.params @> ${others} and r.params - ${keys}::text[] = ${others} and ${some})`;
}

const whether = (db: Db, negated: boolean, condition: Fragment): Fragment => (negated ? db`(not ${condition})` : condition);

type Comparing = Exclude<Leaf, { is: 'text' | 'null' | 'words' | 'differ' }>;

function leaf(db: Db, workspaceId: string, tree: Comparing, negated: boolean): Fragment {
  const { field } = tree;
  const within = (predicate: (value: Fragment) => Fragment) =>
    among(db, workspaceId, field, (value) => whether(db, negated, predicate(value)));
  if (field.of === 'metric') return within((value) => numeric(db, tree, value, db`float8`));
  if (field.of === 'dataset') {
    // A run may have several: NOT asks for runs whose datasets are all others.
    const some = among(db, workspaceId, field, (value) => textual(db, tree, value));
    return negated ? db`(${presence(db, workspaceId, field, true)} and not ${some})` : some;
  }
  if (field.of !== 'attribute') {
    const isEqual = tree.is === 'compare' && tree.operator === (negated ? '!=' : '=');
    if (!isEqual) return within((value) => textual(db, tree, value));
    // The form that the GIN indexes answer.
    const pair = db.json({ [field.key]: String(tree.value) });
    return field.of === 'param' ? db`r.params @> ${pair}` : db`r.tags @> ${pair}`;
  }
  switch (field.name) {
    case 'started_at':
    case 'ended_at':
      return within((value) => numeric(db, tree, value, db`bigint`));
    case 'duration':
      return within((value) => numeric(db, inMs(tree), value, db`float8`));
    case 'id':
    case 'parent_run_id':
      return within((value) => identity(db, tree, value));
    case 'status':
      // MLflow's clients write FINISHED.
      return within((value) => textual(db, tree.is === 'like' ? { ...tree, anyCase: true } : tree, value));
    default:
      return within((value) => textual(db, tree, value));
  }
}

/** A condition on a metric as one on the row `s` of its series. */
export function onSeries(db: Db, tree: Extract<Leaf, { is: 'compare' | 'in' }>): Fragment {
  if (tree.field.of !== 'metric') throw new Error('only metrics have series');
  return db`s.key = ${tree.field.key} and ${numeric(db, tree, db`s.last`, db`float8`)}`;
}

/** A predicate of the field's value, where it is kept. Null or false where the run has none. */
function among(db: Db, workspaceId: string, field: Field, predicate: (value: Fragment) => Fragment): Fragment {
  if (field.of === 'metric')
    return db`exists (
      select from series s
      where s.experiment_id = r.experiment_id and s.run_id = r.id and s.key = ${field.key} and ${predicate(db`s.${db(field.stat ?? 'last')}`)})`;
  if (field.of === 'dataset') {
    const value = field.name === 'context' ? db`(i.tags ->> 'mlflow.data.context')` : db`d.${db(field.name)}`;
    return db`exists (
      select from run_inputs i join logged_datasets d on d.id = i.dataset_id where i.run_id = r.id and ${predicate(value)})`;
  }
  if (field.of !== 'attribute') return predicate(textIn(db, field.of, field.key));
  // Few notebooks and experiments, many runs: the names are compared once, not once a run.
  if (field.name === 'notebook')
    return db`r.notebook_id in (
      select n.id from notebooks n where n.workspace_id = ${workspaceId} and n.replaced_at is null and ${predicate(db`n.path`)})`;
  if (field.name === 'experiment')
    return db`r.experiment_id in (select e.id from experiments e where e.workspace_id = ${workspaceId} and ${predicate(db`e.name`)})`;
  return predicate(attributeIn(db, field.name));
}

function presence(db: Db, workspaceId: string, field: Field, present: boolean): Fragment {
  const isLookedUp =
    field.of === 'metric' ||
    field.of === 'dataset' ||
    (field.of === 'attribute' && (field.name === 'notebook' || field.name === 'experiment'));
  if (!isLookedUp) return among(db, workspaceId, field, (value) => (present ? db`(${value} is not null)` : db`(${value} is null)`));
  const has = among(db, workspaceId, field, (value) => (field.of === 'dataset' ? db`${value} is not null` : db`true`));
  return present ? has : db`((${has}) is not true)`;
}

function numeric(db: Db, tree: Comparing, value: Fragment, type: Fragment): Fragment {
  if (tree.is === 'in') {
    const any = db`(${value} = any(${tree.values.map(Number)}::${type}[]))`;
    return whether(db, tree.negated, any);
  }
  if (tree.is === 'like') return db`false`; // the parser refuses it
  const compared = db`${value} ${operatorIn(db, tree.operator)} ${Number(tree.value)}::${type}`;
  // Postgres takes NaN for the greatest number.
  return tree.operator.startsWith('>') ? db`(${compared} and ${value} < 'NaN'::float8)` : db`(${compared})`;
}

/** In ms, rounded to ns: 0.3 × 1000 must be the 300 that is stored. */
function inMs(tree: Comparing): Comparing {
  const ms = (seconds: string | number) => Math.round(Number(seconds) * 1e9) / 1e6;
  if (tree.is === 'compare') return { ...tree, value: ms(tree.value) };
  return tree.is === 'in' ? { ...tree, values: tree.values.map(ms) } : tree;
}

function textual(db: Db, tree: Comparing, value: Fragment): Fragment {
  switch (tree.is) {
    case 'in':
      return whether(db, tree.negated, db`(${value} = any(${tree.values.map(String)}::text[]))`);
    case 'like': {
      const pattern = likeOf(tree.pattern);
      return whether(db, tree.negated, tree.anyCase ? db`(${value} ilike ${pattern})` : db`(${value} like ${pattern})`);
    }
    case 'compare': {
      if (typeof tree.value === 'number') return numeric(db, tree, db`(${numberIn(db, value)})`, db`float8`);
      // By code point, whatever the database's language is.
      return db`(${value} collate "C" ${operatorIn(db, tree.operator)} ${tree.value})`;
    }
  }
}

const UUID = /^[0-9a-f]{32}$/;

/** Compared as uuid, for the index; what is no id equals none. */
function identity(db: Db, tree: Comparing, value: Fragment): Fragment {
  if (tree.is === 'like') return textual(db, tree, db`replace(${value}::text, '-', '')`);
  const asked = tree.is === 'in' ? tree.values : [tree.value];
  const ids = asked.map(String).filter((id) => UUID.test(id));
  const isNegated = tree.is === 'in' ? tree.negated : tree.operator === '!=';
  // Even NULL is not in an empty list, by what SQL says: the comparison with itself stays unknown for it.
  const isAmong = ids.length === 0 ? db`(${value} <> ${value})` : db`(${value} = any(${ids}::uuid[]))`;
  return whether(db, isNegated, isAmong);
}

/** A backslash before %, _ and itself takes them as they are; any other one stands for itself, so no pattern can be wrong. */
export const likeOf = (pattern: string): string => pattern.replace(/\\[%_\\]|\\/g, (found) => (found.length === 2 ? found : '\\\\'));

function operatorIn(db: Db, operator: Operator): Fragment {
  switch (operator) {
    case '=':
      return db`=`;
    case '!=':
      return db`<>`;
    case '<':
      return db`<`;
    case '<=':
      return db`<=`;
    case '>':
      return db`>`;
    case '>=':
      return db`>=`;
  }
}
