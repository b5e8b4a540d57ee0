/**
 * Asks an endpoint as any client would, by the server's own door: the session, or Jupyter's proxy, lets the request in, and no page ever
 * holds a token.
 */
import type { Issue } from '@cellkeep/schema/wire';
import type { Connection } from '../../connection.ts';
import type { PastedRows } from './readRows.ts';

export interface Answer {
  status: number;
  /** ms from the request to the last byte of the answer, in this browser. */
  ms: number;
  predictionId: string | null;
  outputs: PastedRows | null;
  /** What was wrong with the request, where it was refused. */
  message: string | null;
  issues: Issue[];
}

export async function askEndpoint(connection: Connection, name: string, { columns, data }: PastedRows): Promise<Answer> {
  const rows = data.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]])));
  const begun = performance.now();
  const response = await connection.request(`endpoints/${name}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(rows),
  });
  const text = await response.text();
  const ms = performance.now() - begun;
  const said = readJson(text);
  const answer = { status: response.status, ms, predictionId: response.headers.get('x-cellkeep-prediction-id') };
  if (response.ok) return { ...answer, outputs: isRecord(said) ? answersOf(said) : null, message: null, issues: [] };
  return { ...answer, outputs: null, message: messageOf(said) ?? (text.slice(0, 500) || response.statusText), issues: issuesIn(said) };
}

/** Predictions, and beside them the probability of each class where there are any. */
export function answersOf({ predictions, classes, scores }: Record<string, unknown>): PastedRows | null {
  if (!Array.isArray(predictions)) return null;
  const table = tableOf(predictions);
  if (!Array.isArray(classes) || !Array.isArray(scores)) return table;
  return {
    columns: [...table.columns, ...classes.map((name) => `P(${String(name)})`)],
    data: table.data.map((row, i) => [...row, ...(Array.isArray(scores[i]) ? scores[i] : [])]),
  };
}

/** Predictions as a table: plain values, lists of values, or objects with names. */
export function tableOf(predictions: readonly unknown[]): PastedRows {
  if (predictions.every(isRecord)) {
    const columns = [...new Set(predictions.flatMap((row) => Object.keys(row)))];
    return { columns, data: predictions.map((row) => columns.map((name) => row[name] ?? null)) };
  }
  const width = Math.max(1, ...predictions.map((row) => (Array.isArray(row) ? row.length : 1)));
  const columns = width === 1 ? ['prediction'] : Array.from({ length: width }, (_, i) => `[${i}]`);
  return { columns, data: predictions.map((row) => (Array.isArray(row) ? row : [row])) };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function messageOf(said: unknown): string | null {
  if (!isRecord(said)) return null;
  const message = said.message ?? said.error ?? said.detail;
  return typeof message === 'string' ? message : null;
}

function issuesIn(said: unknown): Issue[] {
  const data = isRecord(said) ? said.data : null;
  const issues = isRecord(data) ? data.issues : isRecord(said) ? said.issues : null;
  return Array.isArray(issues)
    ? (issues as Issue[]).filter(({ field, reason }) => typeof field === 'string' && typeof reason === 'string')
    : [];
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
