/** What of an answer is explained, and in which space: each place is a number that `predict` gives for every row. */
import type { Explanation } from '@cellkeep/schema/deployment';
import type { Bundle } from '@cellkeep/schema/registry';
import type { Answers } from '../host/model.ts';
import { CannotExplain, widthOf } from './players.ts';

export interface Target {
  /** "log-odds of late", "minutes". */
  name: string;
  space: Explanation['space'];
  read: (answers: Answers, rows: number) => Float64Array;
  /** Weights of a forest's outputs that give the same number. */
  outputs: number[] | null;
}

export interface Subject {
  /** Index into the classes, or into the signature's outputs. */
  index: number;
  name: string;
  isClass: boolean;
}

/**
 * @param output name of a class or of an output; absent: the second of two classes, the class that is answered, the first output
 * @throws {CannotExplain} there is none of that name
 */
export function subjectOf(bundle: Bundle, answer: Answers, output?: string): Subject {
  const { classes } = bundle;
  if (classes && classes.length > 0) {
    const names = classes.map(String);
    if (output !== undefined) {
      const index = names.indexOf(output);
      if (index < 0) throw new CannotExplain(`"${output}" is no class of this model; it knows ${names.slice(0, 20).join(', ')}`);
      return { index, name: output, isClass: true };
    }
    const index = classes.length === 2 ? 1 : answered(bundle, answer);
    return { index, name: names[index] as string, isClass: true };
  }
  const names = bundle.signature.outputs.map(({ name }) => name);
  const index = output === undefined ? 0 : names.indexOf(output);
  if (index < 0) throw new CannotExplain(`"${output}" is no output of this model; it gives ${names.slice(0, 20).join(', ')}`);
  return { index, name: names[index] ?? 'prediction', isClass: false };
}

function answered({ classes }: Bundle, { scores, columns }: Answers): number {
  if (scores) return scores.reduce((best, score, at) => (score > (scores[best] as number) ? at : best), 0);
  const label = columns[0]?.[0];
  return Math.max(0, classes?.findIndex((one) => isLabel(one, label)) ?? 0);
}

const isLabel = (known: string | number | boolean, label: unknown): boolean =>
  typeof known === 'string' ? known === label : Number(known) === Number(label);

/** The number itself, or the probability of the class; where there are no probabilities, 1 for the class and 0 for others. */
export function plainTarget(bundle: Bundle, answer: Answers, { index, name, isClass }: Subject): Target {
  if (!isClass) return { name, space: 'value', read: (answers, rows) => numbers(answers, index, rows), outputs: unit(index) };
  if (answer.scores) {
    return {
      name: `probability of ${name}`,
      space: 'probability',
      read: (answers, rows) => scoresOf(answers, rows, index),
      outputs: unit(index),
    };
  }
  const known = bundle.classes?.[index] as string | number | boolean;
  const read = ({ columns }: Answers, rows: number) =>
    Float64Array.from({ length: rows }, (_, i) => Number(isLabel(known, columns[0]?.[i])));
  return { name: `whether it is ${name}`, space: 'value', read, outputs: null };
}

/**
 * Log-odds: of two classes ln(p / (1 - p)); of more the logarithm of p less the mean logarithm of all (centred log-ratio; Aitchison 1982),
 * in which a softmax is linear. Both probabilities are read: 1 - p has lost its digits where p is nearly 1.
 */
export function logOddsTarget({ classes }: Bundle, { index, name }: Subject): Target {
  const many = classes?.length ?? 0;
  const read = ({ scores }: Answers, rows: number) =>
    Float64Array.from({ length: rows }, (_, i) => {
      const of = (c: number) => Math.log(scores?.[i * many + c] ?? Number.NaN);
      if (many === 2) return of(index) - of(1 - index);
      let sum = 0;
      for (let c = 0; c < many; c++) sum += of(c);
      return of(index) - sum / many;
    });
  const centred = Array.from({ length: many }, (_, c) => Number(c === index) - 1 / many);
  return { name: `log-odds of ${name}`, space: 'log-odds', read, outputs: many === 2 ? [index === 1 ? 1 : -1] : centred };
}

/** Of a model with a logarithmic link. */
export function logTarget({ index, name }: Subject): Target {
  const read = (answers: Answers, rows: number) => numbers(answers, index, rows).map(Math.log);
  return { name: `logarithm of ${name}`, space: 'margin', read, outputs: unit(index) };
}

const unit = (index: number): number[] => [...new Array<number>(index).fill(0), 1];

function scoresOf({ scores }: Answers, rows: number, index: number): Float64Array {
  if (!scores) throw new CannotExplain('this model gives no probabilities');
  const classes = scores.length / rows;
  return Float64Array.from({ length: rows }, (_, i) => scores[i * classes + index] as number);
}

function numbers({ columns }: Answers, index: number, rows: number): Float64Array {
  const values = columns[index];
  if (!values || Array.isArray(values)) throw new CannotExplain('what this model answers is no number, and has no classes');
  const width = widthOf(values, rows);
  if (width !== 1) throw new CannotExplain('what this model answers is a tensor; explanations are of numbers');
  return Float64Array.from(values as ArrayLike<number | bigint>, Number);
}
