/** Why a row has its answer: by the exact way that the bundle names, where that proves to say what the model says, else by asking. */
import type { Explanation } from '@cellkeep/schema/deployment';
import type { Column } from '@cellkeep/schema/registry';
import type { Answers, ColumnValues, LoadedModel, Rows } from '../host/model.ts';
import { additive } from './linear.ts';
import type { ExplainMaterial } from './material.ts';
import { CannotExplain, type Player, playersOf, rowAt, widthOf } from './players.ts';
import { seedOf } from './random.ts';
import { type AskValues, type Contributions, type Question, shapley } from './sampled.ts';
import { logOddsTarget, logTarget, plainTarget, type Subject, subjectOf, type Target } from './spaces.ts';
import { treeFeatures } from './treeFeatures.ts';
import { treeContributions } from './trees.ts';

export interface ExplainOptions {
  /** Name of a class or of an output; absent: the second of two classes, the class that is answered, the first output. */
  output?: string;
  signal?: AbortSignal;
}

/** Of |value|, at least of 1: a graph in float32 is no closer to the trees and weights it was made of. */
const CLOSES = 1e-4;

/**
 * Explains row `index` of `rows`. The model is asked some hundred to some ten thousand rows, a thousand at a time; between two asks others
 * have their turn.
 *
 * @throws {CannotExplain} no background, too many features, an output of that name is not there
 */
export async function explainRow(
  model: Pick<LoadedModel, 'predict'>,
  material: ExplainMaterial,
  rows: Rows,
  index: number,
  { output, signal }: ExplainOptions = {},
): Promise<Explanation> {
  const { bundle, background } = material;
  if (!background) throw new CannotExplain('this version has no background rows that its answer could be compared with; promote it again');
  const row = rowAt(rows, index);
  const players = playersOf(bundle.signature, row);
  const answer = await ask(model, row, signal);
  const subject = subjectOf(bundle, answer, output);
  const plain = plainTarget(bundle, answer, subject);
  const seed = seedOf(JSON.stringify([subject.name, players.map((player) => shown(player, bundle.signature.inputs, row))]));
  const question = (target: Target): Question => ({ players, row, background, seed, ask: asker(model, target, signal) });

  for (const way of [byTrees, byAddition]) {
    const found = await way(material, { subject, plain, question });
    if (found) return told(found, players, row, material);
  }
  const asked = await shapley(question(plain));
  return told({ method: asked.errors ? 'sampled' : 'exact', target: plain, asked }, players, row, material);
}

interface Found {
  method: Explanation['method'];
  target: Target;
  asked: Contributions;
}

interface Explained {
  subject: Subject;
  plain: Target;
  question: (target: Target) => Question;
}

/** Null: it says nothing of this model. */
type Way = (material: ExplainMaterial, explained: Explained) => Promise<Found | null>;

const byTrees: Way = async ({ bundle, file, forest, background }, { subject, plain, question }) => {
  if (file?.kind !== 'trees' || !forest || !background) return null;
  const target = file.post === 'none' ? plain : file.post === 'exp' ? logTarget(subject) : logOddsTarget(bundle, subject);
  const { players, row, ask: askRows } = question(target);
  if (!target.outputs || target.outputs.length > file.base.length) return null;
  const features = treeFeatures(file, bundle.signature, players);
  const asked = await treeContributions({ forest, features, players: players.length, row, background, outputs: target.outputs });
  const [said] = await askRows(row);
  return closes(asked.value, said as number) ? { method: 'trees', target, asked } : null;
};

const byAddition: Way = async ({ bundle, file }, { subject, plain, question }) => {
  if (bundle.explain.method !== 'linear') return null;
  const link = file?.kind === 'linear' ? file.link : subject.isClass ? 'logit' : 'identity';
  const target = link === 'logit' ? logOddsTarget(bundle, subject) : link === 'log' ? logTarget(subject) : plain;
  const asked = await additive(question(target));
  const sum = asked.contributions.reduce((all, one) => all + one, asked.base);
  return closes(sum, asked.value) ? { method: 'linear', target, asked } : null;
};

const closes = (a: number, b: number): boolean => Number.isFinite(a) && Math.abs(a - b) <= CLOSES * Math.max(1, Math.abs(b));

function told({ method, target, asked }: Found, players: Player[], row: Rows, { bundle }: ExplainMaterial): Explanation {
  const sum = asked.contributions.reduce((all, one) => all + one, asked.base);
  return {
    method,
    output: target.name,
    space: target.space,
    base: wire(asked.base),
    value: wire(asked.value),
    contributions: players.map((player, place) => ({
      name: player.name,
      value: shown(player, bundle.signature.inputs, row),
      contribution: wire(asked.contributions[place] as number),
      error: asked.errors ? wire(asked.errors[place] as number) : null,
    })),
    residual: wire(asked.value - sum),
    backgroundRows: asked.backgroundRows,
  };
}

const wire = (value: number): Explanation['base'] =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';

/** A value as JSON has it. */
function shown({ column, element }: Player, inputs: Column[], row: Rows): unknown {
  const values = row.columns[column] as ColumnValues;
  const one = (value: unknown): unknown => {
    if (value === null || value === undefined || Number.isNaN(value)) return null;
    if (typeof value === 'bigint') return value.toString();
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
    if (typeof value === 'number' && !Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
    return inputs[column]?.type === 'boolean' ? value === 1 : value;
  };
  return element === null && widthOf(values, 1) > 1 ? Array.from(values as ArrayLike<unknown>, one) : one(values[element ?? 0]);
}

async function ask(model: Pick<LoadedModel, 'predict'>, rows: Rows, signal?: AbortSignal): Promise<Answers> {
  signal?.throwIfAborted();
  return model.predict(rows, signal);
}

function asker(model: Pick<LoadedModel, 'predict'>, target: Target, signal?: AbortSignal): AskValues {
  return async (rows) => target.read(await ask(model, rows, signal), rows.count);
}
