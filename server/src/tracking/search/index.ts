/**
 * Finding, ordering and paging runs.
 *
 * A filter is cut into tokens (tokens.ts) and parsed into a tree with its names and values checked (parse.ts, fields.ts, values.ts); an
 * error names its column. What only the database knows is looked up (resolve.ts), and the tree becomes one SQL condition (condition.ts) on the runs of the scope (scope.ts). An order becomes columns
 * that compare one after the other (order.ts), and a page ends in a cursor with their values (cursor.ts). What a person writes is a
 * parameter in all of these, never SQL.
 *
 * What always holds: a run that lacks a key matches no comparison of it, under NOT either; runs without an ordering key come last in both
 * directions; every order is total, by start and id in the end, so that pages neither overlap nor leave gaps.
 */

export { fieldAlone } from './fields.ts';
export type { Column, Order } from './order.ts';
export { type Prepared, prepare } from './prepare.ts';
export { resolveField } from './resolve.ts';
export { runKeys } from './runKeys.ts';
export { type Found, findRuns, type RunQuery, searchAndRead, searchRuns } from './searchRuns.ts';
export type { Fragment } from './sqlValues.ts';
export { attributeIn, textIn, unprepared, userIn } from './sqlValues.ts';
export type { Field } from './tree.ts';
export { withinTime } from './withinTime.ts';
