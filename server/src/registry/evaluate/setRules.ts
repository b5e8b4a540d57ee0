/** What must hold within an evaluation set, beyond the shape of each field. */
import { type EvaluationSet, type evaluationSetPut, METRICS_OF_TASK } from '@cellkeep/schema/registry';
import type { Issue } from '@cellkeep/schema/wire';
import type { z } from 'zod';
import { storable } from '../../core/storable.ts';

export type SetPut = z.output<typeof evaluationSetPut>;

const MOST_TOLD = 20;

export function breachesOfSet({ columns, data, label, metrics, slices, name }: Omit<SetPut, 'id' | 'modelName'>): Issue[] {
  const issues: Issue[] = breachesOfTexts({ name, columns, slices });
  if (issues.length > 0) return issues;
  const known = new Set(columns);
  if (known.size < columns.length) {
    const twice = columns.find((name, i) => columns.indexOf(name) !== i);
    issues.push({ field: 'columns', reason: `column ${JSON.stringify(twice)} stands there twice`, remedy: 'give each its own name' });
  }
  for (const [i, row] of data.entries()) {
    if (issues.length >= MOST_TOLD) return issues;
    if (row.length !== columns.length)
      issues.push({ field: `data[${i}]`, reason: `a row has ${row.length} values, and there are ${columns.length} columns` });
  }
  const at = columns.indexOf(label);
  if (at === -1) {
    issues.push({
      field: 'label',
      reason: `${JSON.stringify(label)} is none of the columns`,
      remedy: 'name the column of the true answer',
    });
    return issues;
  }
  const isNumber = metrics.some((metric) => METRICS_OF_TASK.regression.includes(metric));
  for (const [i, row] of data.entries()) {
    if (issues.length >= MOST_TOLD) return issues;
    const truth = row[at];
    const field = `data[${i}][${at}]`;
    if (truth === null || truth === undefined)
      issues.push({ field, reason: 'the true answer is missing', remedy: 'leave out rows whose answer nobody knows' });
    else if (isNumber && typeof truth !== 'number')
      issues.push({ field, reason: `the true answer ${JSON.stringify(truth)} is no number`, remedy: 'choose metrics of classification' });
  }
  if (new Set(metrics).size < metrics.length) issues.push({ field: 'metrics', reason: 'a metric stands there twice' });
  return [...issues, ...breachesOfSlices(slices, known)];
}

/** Cells may hold what Postgres cannot keep, they are a blob; names and values of slices are compared and shown, and are refused. */
function breachesOfTexts({ name, columns, slices }: Pick<SetPut, 'name' | 'columns' | 'slices'>): Issue[] {
  const texts: [field: string, text: unknown][] = [
    ['name', name],
    ...columns.map((column, i): [string, unknown] => [`columns[${i}]`, column]),
    ...slices.flatMap((slice, i): [string, unknown][] => [
      [`slices[${i}].name`, slice.name],
      ...(slice.equals ?? []).map((value, k): [string, unknown] => [`slices[${i}].equals[${k}]`, value]),
    ]),
  ];
  return texts
    .filter(([, text]) => storable(text) !== text)
    .slice(0, MOST_TOLD)
    .map(([field, text]) => ({
      field,
      reason: `${JSON.stringify(storable(text))} holds U+0000 or half of a surrogate pair, shown here as U+FFFD`,
      remedy: 'write it without them',
    }));
}

function breachesOfSlices(slices: EvaluationSet['slices'], columns: ReadonlySet<string>): Issue[] {
  const issues: Issue[] = [];
  const names = new Set<string>();
  for (const [i, { name, column, equals, min, max }] of slices.entries()) {
    const field = `slices[${i}]`;
    if (names.has(name)) issues.push({ field: `${field}.name`, reason: `a slice named ${JSON.stringify(name)} is there already` });
    names.add(name);
    if (!columns.has(column)) issues.push({ field: `${field}.column`, reason: `${JSON.stringify(column)} is none of the columns` });
    if (equals === undefined && min === undefined && max === undefined)
      issues.push({ field, reason: 'a slice without a condition is all rows', remedy: 'give `equals`, `min` or `max`' });
    if (min !== undefined && max !== undefined && min >= max)
      issues.push({ field: `${field}.max`, reason: `no value is at least ${min} and below ${max}` });
  }
  return issues;
}
