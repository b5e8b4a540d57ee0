/** Explanations on request, `POST /predict?explain=true&output=late`: made by the host itself of the model that answered. */
import type { Explanation } from '@cellkeep/schema/deployment';
import { CannotExplain, type ExplainMaterial, explainRow, loadExplainMaterial } from '../explain/index.ts';
import type { LoadedModel, Rows } from './model.ts';
import { badRequest, Refusal } from './refusal.ts';

/** Rows of one request: each asks the model up to some ten thousand rows. */
const MOST_EXPLAINED = 10;
/** Requests at once. */
const MOST_AT_ONCE = 4;

export interface Explaining {
  /** Name of a class or of an output; absent: see explain/spaces.ts. */
  output?: string;
}

export type ExplainRows = (rows: Rows, asked: Explaining, signal: AbortSignal) => Promise<Explanation[]>;

/** @returns null: no explanation is asked for */
export function explainingOf(query: string): Explaining | null {
  if (query === '') return null;
  const words = new URLSearchParams(query);
  const asked = words.get('explain');
  if (asked === null || asked === 'false') return null;
  if (asked !== 'true') throw badRequest('explain', `is ${JSON.stringify(asked.slice(0, 100))}, and must be true or false`);
  const output = words.get('output');
  return output === null ? {} : { output };
}

/** What lies beside the model for it is read by the first who asks. */
export function explainerOf(model: LoadedModel, folder: string, say: (line: string) => void): ExplainRows {
  let [reading, running]: [Promise<ExplainMaterial> | null, number] = [null, 0];
  const read = async () => {
    const material = await loadExplainMaterial(model.bundle, folder);
    if (material.problem !== null) say(`explanations are sampled: ${material.problem}`);
    return material;
  };
  return async (rows, { output }, signal) => {
    if (rows.count > MOST_EXPLAINED) {
      throw badRequest('explain', `${rows.count} rows are more than are explained at once`, `send at most ${MOST_EXPLAINED}`);
    }
    if (running >= MOST_AT_ONCE) {
      const reason = `${MOST_AT_ONCE} requests are being explained, as many as may be at once`;
      throw new Refusal('TOO_MANY_REQUESTS', { field: 'explain', reason }, { retryAfter: 1 });
    }
    running++;
    try {
      reading ??= read();
      const material = await reading;
      const explanations: Explanation[] = [];
      for (let i = 0; i < rows.count; i++) explanations.push(await explainRow(model, material, rows, i, { output, signal }));
      return explanations;
    } catch (error) {
      if (!(error instanceof CannotExplain)) throw error;
      throw new Refusal('CONFLICT', { field: 'explain', reason: error.message }, { cause: error });
    } finally {
      running--;
    }
  };
}
