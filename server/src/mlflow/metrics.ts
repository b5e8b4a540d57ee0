/** Histories of metrics: whole and by pages, of several runs, and thinned out. Written straight from their columns. */
import { type Columns, joinColumns, type Pieces, readCurves, readPieces, sliceColumns } from '../tracking/index.ts';
import { type Call, call, type MlflowContext, Written } from './call.ts';
import { invalidParameter, MORE, missingValue } from './errors.ts';
import { runIdFields } from './findRun.ts';
import { readPage, rememberInOrder } from './historyPage.ts';
import { isRunId } from './keys.ts';
import { int32, required, string, strings } from './message.ts';
import { offsetOf, pageToken } from './pageToken.ts';
import { headOf, JsonText, numberText } from './writing.ts';

/** Every point of a metric in (step, time) order; null where there is none. */
async function pointsOf({ sql, caller }: MlflowContext, runId: string, key: string): Promise<Columns | null> {
  if (!isRunId(runId)) return null;
  const [curve] = await readCurves(sql, caller.workspaceId, { runIds: [runId], keys: [key], maxPoints: Number.MAX_SAFE_INTEGER });
  return curve ?? null;
}

const idsOf = (runIds: readonly string[]) => [...new Set(runIds)].filter(isRunId);

/** Rows of the points in (time, step, value) order; null where they have it already, as most have. */
function byTime({ steps, times, values }: Columns): Uint32Array | null {
  const compare = (a: number, b: number) =>
    (times[a] as number) - (times[b] as number) ||
    (steps[a] as number) - (steps[b] as number) ||
    (values[a] as number) - (values[b] as number) ||
    a - b;
  for (let i = 1; i < times.length; i++) {
    if (compare(i - 1, i) > 0) return Uint32Array.from(times, (_, row) => row).sort(compare);
  }
  return null;
}

/** @param rows which, and in which order; null: all, as they stand */
function written(key: string, points: Columns, rows: Uint32Array | null, from: number, to: number, runId?: string): Buffer {
  const { steps, times, values } = points;
  const head = headOf(key);
  const tail = runId === undefined ? '}' : `,"run_id":"${runId}"}`;
  const text = new JsonText();
  for (let i = from; i < to; i++) {
    const row = rows === null ? i : (rows[i] as number);
    const value = numberText(values[row] as number);
    text.add(`${i === from ? '' : ','}${head}${value},"timestamp":${times[row]},"step":${steps[row]}${tail}`);
  }
  return text.bytes();
}

const COMMA = Buffer.from(',');

/** @param runs the metrics of each, with commas between them */
function listOf(runs: readonly Buffer[], tail: string): Written {
  const between = runs.flatMap((metrics, i) => (i === 0 ? [metrics] : [COMMA, metrics]));
  return new Written(Buffer.concat([Buffer.from('{"metrics":['), ...between, Buffer.from(`]${tail}}`)]));
}

/** A list that is empty is left out, as protobuf does it. */
function answer(runs: readonly Buffer[], token?: string): Written {
  const next = token ? `"next_page_token":"${token}"` : '';
  return runs.length === 0 ? new Written(`{${next}}`) : listOf(runs, next && `,${next}`);
}

const getHistory = call({
  method: 'GET',
  path: 'mlflow/metrics/get-history',
  message: { ...runIdFields, metric_key: required(string), page_token: string, max_results: int32 },
  async answer(context, { run_id, run_uuid, metric_key, page_token, max_results }) {
    const id = run_id || run_uuid;
    if (!id) throw missingValue('run_id');
    if (max_results !== undefined && max_results <= 0) {
      throw invalidParameter(`Invalid value ${max_results} for parameter 'max_results' supplied. It must be a positive integer.`);
    }
    const from = offsetOf(page_token);
    const series = { runId: id, key: metric_key };
    const page = max_results === undefined ? null : await readPage(context, { ...series, from, most: max_results });
    if (page) {
      const { points, total } = page;
      const to = from + points.steps.length;
      return answer([written(metric_key, points, null, 0, points.steps.length)], to < total ? pageToken(to) : undefined);
    }
    const points = await pointsOf(context, id, metric_key);
    if (!points) return {};
    const total = points.steps.length;
    const rows = byTime(points);
    if (rows === null && max_results !== undefined && max_results < total) rememberInOrder(series, total);
    const to = max_results === undefined ? total : Math.min(total, from + max_results);
    return answer(from < to ? [written(metric_key, points, rows, from, to)] : [], to < total ? pageToken(to) : undefined);
  },
});

const MOST_RUNS = 100;
const MOST_IN_BULK = 25_000;

/** Whole histories of several runs, in the order of their ids, until there are enough. */
const getHistoryBulk = call({
  method: 'GET',
  path: 'mlflow/metrics/get-history-bulk',
  message: { run_id: strings, metric_key: string, max_results: int32 },
  async answer(context, { run_id: runIds, metric_key, max_results = MOST_IN_BULK }) {
    if (runIds.length === 0) throw invalidParameter('GetMetricHistoryBulk request must specify at least one run_id.');
    if (runIds.length > MOST_RUNS) {
      const said = `GetMetricHistoryBulk request cannot specify more than ${MOST_RUNS} run_ids.`;
      throw invalidParameter(`${said} Received ${runIds.length} run_ids.`);
    }
    if (metric_key === undefined) throw invalidParameter('GetMetricHistoryBulk request must specify a metric_key.');
    const most = Math.max(0, Math.min(max_results, MOST_IN_BULK));
    const texts: Buffer[] = [];
    let left = most;
    const { sql, caller } = context;
    for await (const { runId, isLong, read } of readPieces(sql, caller.workspaceId, {
      runIds: idsOf(runIds).sort(),
      key: metric_key,
    })) {
      if (left === 0) break;
      const page = isLong ? await readPage(context, { runId, key: metric_key, from: 0, most: left }) : null;
      const points = page?.points ?? (await earliestOf(read(), left));
      left -= points.steps.length;
      if (points.steps.length > 0) texts.push(written(metric_key, points, null, 0, points.steps.length, runId));
    }
    return listOf(texts, '');
  },
});

/** So many in the order of time, with no more held than those and one piece. */
async function earliestOf(pieces: AsyncIterable<Columns>, most: number): Promise<Columns> {
  let earliest: Columns = joinColumns([]);
  for await (const piece of pieces) {
    const points = earliest.steps.length === 0 ? piece : joinColumns([earliest, piece]);
    const rows = byTime(points);
    earliest = rows === null ? copyOf(sliceColumns(points, 0, most)) : picked(points, rows.subarray(0, most));
  }
  return earliest;
}

/** With memory of its own, so that what it was cut from can go. */
const copyOf = ({ steps, times, values }: Columns): Columns => ({ steps: steps.slice(), times: times.slice(), values: values.slice() });

const picked = ({ steps, times, values }: Columns, rows: Uint32Array): Columns => ({
  steps: Float64Array.from(rows, (row) => steps[row] as number),
  times: Float64Array.from(rows, (row) => times[row] as number),
  values: Float64Array.from(rows, (row) => values[row] as number),
});

const MOST_SAMPLED = 2_500;

/** At most so many points of each run, evenly among those of its steps, the first and the last always among them. */
const getHistoryBulkInterval = call({
  method: 'GET',
  path: 'mlflow/metrics/get-history-bulk-interval',
  message: { run_ids: required(strings), metric_key: required(string), start_step: int32, end_step: int32, max_results: int32 },
  async answer(context, { run_ids: runIds, metric_key, start_step, end_step, max_results = MOST_SAMPLED }) {
    if (runIds.length > MOST_RUNS) {
      const said = `GetMetricHistoryBulkInterval request must specify at most ${MOST_RUNS} run_ids.`;
      throw invalidParameter(`${said} Received ${runIds.length} run_ids. ${MORE}`);
    }
    if (max_results < 1 || max_results > MOST_SAMPLED) {
      throw invalidParameter(`max_results must be between 1 and ${MOST_SAMPLED}. ${MORE}`);
    }
    if ((start_step === undefined) !== (end_step === undefined)) {
      throw invalidParameter('If either start step or end step are specified, both must be specified.');
    }
    if (start_step !== undefined && end_step !== undefined && start_step > end_step) {
      const found = `Found start_step=${start_step} and end_step=${end_step}.`;
      throw invalidParameter(`end_step must be greater than start_step. ${found}`);
    }
    const byRun = new Map<string, Buffer>();
    const { sql, caller } = context;
    const input = { runIds: idsOf(runIds), key: metric_key, fromStep: start_step, toStep: end_step };
    for await (const pieces of readPieces(sql, caller.workspaceId, input)) {
      const points = await sampledOf(pieces, max_results);
      if (points.steps.length > 0) byRun.set(pieces.runId, written(metric_key, points, null, 0, points.steps.length, pieces.runId));
    }
    return answer(runIds.flatMap((runId) => byRun.get(runId) ?? []));
  },
});

/** Counted first, then read again: which points are sampled depends on how many there are. */
async function sampledOf({ read }: Pieces, most: number): Promise<Columns> {
  let length = 0;
  for await (const { steps } of read()) length += steps.length;
  const rows = sampled(length, most);
  const parts: Columns[] = [];
  let [begin, from] = [0, 0];
  for await (const piece of read()) {
    const end = begin + piece.steps.length;
    let to = from;
    while (to < rows.length && (rows[to] as number) < end) to += 1;
    parts.push(
      picked(
        piece,
        rows.subarray(from, to).map((row) => row - begin),
      ),
    );
    [begin, from] = [end, to];
  }
  return joinColumns(parts);
}

/** The first row of each of so many parts, of which the earlier ones are larger by one at most; the last part gives its last row. */
export function sampled(length: number, most: number): Uint32Array {
  const parts = Math.min(length, most);
  const rows = new Uint32Array(parts);
  const [size, larger] = [Math.floor(length / parts), length % parts];
  for (let part = 0; part < parts; part++) rows[part] = part * size + Math.min(part, larger);
  if (parts > 0) rows[parts - 1] = length - 1;
  return rows;
}

export const metricCalls: Call[] = [getHistory, getHistoryBulk, getHistoryBulkInterval];
