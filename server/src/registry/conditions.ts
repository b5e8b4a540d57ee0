/**
 * Conditions of a search: a field, an operator, a value, all of them to hold. They come from a grammar's parser; here they become SQL
 * whose every value is a parameter.
 */
import type { PendingQuery, Row } from 'postgres';
import type { Db } from '../core/context.ts';

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'LIKE' | 'ILIKE' | 'IN' | 'NOT IN';

export interface Condition<Field extends string> {
  field: Field;
  /** Of a tag, a param or a metric. */
  key?: string;
  operator: Operator;
  /** A list where the operator takes one. */
  value: string | number | readonly string[];
}

/** A piece of a statement, with its parameters. */
export type Sql = PendingQuery<Row[]>;

/**
 * `%` is any text and `_` any character; a backslash is a backslash.
 * @param column of text where the value is one
 */
export function compares(db: Db, column: Sql, { operator, value }: Pick<Condition<string>, 'operator' | 'value'>): Sql {
  switch (operator) {
    case 'LIKE':
      return db`${column} like ${String(value)} escape ''`;
    case 'ILIKE':
      return db`${column} ilike ${String(value)} escape ''`;
    case 'IN':
      return db`${column} = any(${listOf(value)}::text[])`;
    case 'NOT IN':
      return db`${column} <> all(${listOf(value)}::text[])`;
    default: {
      const operand = typeof value === 'number' ? db`${value}::float8` : db`${String(value)}::text`;
      return db`${column} ${db.unsafe(SPELLINGS[operator])} ${operand}`;
    }
  }
}

const SPELLINGS = { '=': '=', '!=': '<>', '<': '<', '<=': '<=', '>': '>', '>=': '>=' } as const;

const listOf = (value: Condition<string>['value']): string[] => (typeof value === 'object' ? [...value] : [String(value)]);

/** All of them. */
export function every(db: Db, conditions: readonly Sql[]): Sql {
  return conditions.reduce((all, one) => db`${all} and ${one}`, db`true`);
}

export interface Page {
  offset: number;
  limit: number;
}

/** Parts of an order, the most important first. */
export function inOrder(db: Db, parts: readonly Sql[]): Sql {
  return parts.reduce((all, one) => db`${all}, ${one}`);
}

export const descendingIf = (db: Db, descending: boolean): Sql => (descending ? db`desc` : db`asc`);
