/** What lies beside a model for its explanations: background rows, and the explain file. Read once, when the model is loaded. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type Bundle, type ExplainFile, explainFile } from '@cellkeep/schema/registry';
import { z } from 'zod';
import type { Rows } from '../host/model.ts';
import { jsonRows } from './jsonRows.ts';
import { CannotExplain } from './players.ts';
import { type Forest, readForest } from './trees.ts';

/** bytes of an explain file, unpacked */
const MOST_BYTES = 512 * 1024 * 1024;
/** Rows that an answer is compared with, at most. */
const MOST_BACKGROUND = 100;

export interface ExplainMaterial {
  bundle: Bundle;
  background: Rows | null;
  file: ExplainFile | null;
  /** Of `file`, where it has trees. */
  forest: Forest | null;
  /** Why it is sampled although the bundle says more. */
  problem: string | null;
}

const rowsFile = z.object({ columns: z.array(z.string()), data: z.array(z.array(z.unknown())) });

/** Never fails for a wrong explain file, which only makes explanations slower; the reason is told in `problem`. */
export async function loadExplainMaterial(bundle: Bundle, folder: string): Promise<ExplainMaterial> {
  const background = await readBackground(bundle, folder);
  const { method, file } = bundle.explain;
  if (file === null || method === 'sampled') return { bundle, background, file: null, forest: null, problem: null };
  try {
    const read = explainFile.parse(JSON.parse(await readText(join(folder, file))));
    return { bundle, background, file: read, forest: read.kind === 'trees' ? readForest(read) : null, problem: null };
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error);
    return { bundle, background, file: null, forest: null, problem: `${file} cannot be used: ${reason.slice(0, 500)}` };
  }
}

async function readBackground(bundle: Bundle, folder: string): Promise<Rows | null> {
  if (bundle.background === null) return null;
  const { columns, data } = rowsFile.parse(JSON.parse(await readText(join(folder, bundle.background))));
  const rows = jsonRows(bundle.signature, columns, data.slice(0, MOST_BACKGROUND));
  return rows.count > 0 ? rows : null;
}

async function readText(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > MOST_BYTES) throw new CannotExplain(`it has ${size} bytes; ${MOST_BYTES} are read`);
  const bytes = await readFile(path);
  return (path.endsWith('.gz') ? await promisify(gunzip)(bytes, { maxOutputLength: MOST_BYTES }) : bytes).toString('utf8');
}
