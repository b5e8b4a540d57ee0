/** One request: shown with what made its model, explained, asked again. */
import type { Explanation, Prediction } from '@cellkeep/schema/deployment';
import { toWire } from '@cellkeep/schema/wire';
import type { CallContext } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { isFrozenModel } from '../../registry/index.ts';
import { CannotExplain } from '../explain/index.ts';
import { ModelFailure } from '../host/model.ts';
import { type LoggedRequest, parsePredictionId } from '../predictionLog/index.ts';
import type { ScoredRows, WithScorer } from '../scorer/scorer.ts';
import { type FoundPrediction, findPrediction } from './findPrediction.ts';
import { summaryOf } from './listPredictions.ts';

/** Rows that one answer shows. */
const MOST_ROWS = 1_000;
/** Of two numbers, relative to max(1, |the stored one|): what another order of additions may do to float32. */
const TOLERANCE = 1e-6;

export async function getPrediction(context: CallContext, id: string): Promise<Prediction> {
  const { request, endpoint, origin } = await findPrediction(context, id);
  const feedback = await context.sql<{ value: number; label: string | null; row: number; at: number }[]>`
    select value, label, "row", at::float8 as at from feedback where prediction_id = ${id} order by "row"`;
  return {
    ...summaryOf({ ...request, life: parsePredictionId(id)?.life ?? 0 }, endpoint),
    inputs: firstRows(request.inputs),
    outputs: firstRows(request.outputs),
    origin,
    feedback: feedback.map(({ value, ...said }) => ({ ...said, value: toWire(value) })),
  };
}

type Table = { columns: string[]; data: unknown[][] };
const firstRows = (table: Table | null) => table && { columns: table.columns, data: table.data.slice(0, MOST_ROWS) };

export async function explainPrediction(
  context: CallContext,
  withScorer: WithScorer,
  { id, row, output }: { id: string; row: number; output?: string },
): Promise<Explanation> {
  const { loggedModelId, inputs } = await requireKept(context, id);
  if (row >= inputs.data.length) throw noSuchRow(row, inputs.data.length);
  return told(withScorer(loggedModelId, (scorer) => scorer.explain(inputs, row, output)));
}

export function noSuchRow(row: number, rows: number) {
  return failure('BAD_REQUEST', { field: 'row', reason: `the request had ${rows} rows; there is no row ${row}`, remedy: 'count from 0' });
}

/** By the same version, whether it serves or not: its files are kept as long as its requests. */
export async function replayPrediction(context: CallContext, withScorer: WithScorer, id: string) {
  const { loggedModelId, inputs, request } = await requireKept(context, id);
  const again = await told(withScorer(loggedModelId, (scorer) => scorer.predict(inputs)));
  const { same, maxDifference } = compareAnswers(request.outputs ?? { columns: [], data: [] }, again);
  return {
    same,
    maxDifference: maxDifference === null ? null : toWire(maxDifference),
    outputs: { columns: again.columns, data: again.data.slice(0, MOST_ROWS) },
  };
}

/** What a model cannot do is no fault of this server. */
async function told<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    const isGone = error instanceof ModelFailure && error.isGone;
    if (!(error instanceof ModelFailure || error instanceof CannotExplain)) throw error;
    throw failure(isGone ? 'SERVICE_UNAVAILABLE' : 'CONFLICT', { field: 'id', reason: error.message }, error);
  }
}

async function requireKept(
  context: CallContext,
  id: string,
): Promise<{ loggedModelId: string; inputs: NonNullable<LoggedRequest['inputs']>; request: LoggedRequest }> {
  const { request, loggedModelId, bundle }: FoundPrediction = await findPrediction(context, id);
  if (!request.inputs || loggedModelId === null) {
    const remedy = 'raise logRows in the settings of the endpoint, for requests to come';
    throw failure('CONFLICT', { field: 'id', reason: 'the rows of this request were not kept, only that it came', remedy });
  }
  // Asking a pickle again runs its program, for whoever may read the prediction. That is no new code: whoever put the release behind the
  // endpoint had to name its authors, and what runs are the very bytes that were registered then.
  if (bundle?.runtime === 'python' && !(await isFrozenModel(context.sql, loggedModelId))) {
    const reason = 'the files of this model may have changed since it answered, and they are a program';
    throw failure('CONFLICT', { field: 'id', reason, remedy: 'register it anew, and put that version behind the endpoint' });
  }
  return { loggedModelId, inputs: request.inputs, request };
}

/**
 * Labels must be equal, numbers within the tolerance; a column that only one of them has makes them differ.
 * @returns maxDifference the greatest |a - b| / max(1, |b|) of two numbers; null where there are none
 */
export function compareAnswers(stored: ScoredRows, again: ScoredRows): { same: boolean; maxDifference: number | null } {
  const places = stored.columns.map((name) => again.columns.indexOf(name));
  let same =
    places.every((place) => place >= 0) && stored.columns.length === again.columns.length && stored.data.length === again.data.length;
  let maxDifference: number | null = null;
  stored.data.forEach((values, row) => {
    values.forEach((before, column) => {
      const now = again.data[row]?.[places[column] ?? -1];
      const difference = differenceOf(before, now);
      if (difference === null) same &&= asText(before) === asText(now);
      else {
        maxDifference = Math.max(maxDifference ?? 0, difference);
        same &&= difference <= TOLERANCE;
      }
    });
  });
  return { same, maxDifference };
}

/** Null where they are not both numbers. Infinities travel as text; equal ones do not differ. */
function differenceOf(before: unknown, now: unknown): number | null {
  if (Array.isArray(before) && Array.isArray(now)) {
    if (before.length !== now.length) return null;
    const differences = before.map((value, i) => differenceOf(value, now[i]));
    return differences.includes(null) ? null : Math.max(0, ...(differences as number[]));
  }
  if (typeof before !== 'number' || typeof now !== 'number') return null;
  return Math.abs(before - now) / Math.max(1, Math.abs(before));
}

const asText = (value: unknown): string => JSON.stringify(value ?? null);
