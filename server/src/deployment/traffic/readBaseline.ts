import { type Baseline, baseline, type ColumnBaseline } from '@cellkeep/schema/registry';
import type { Services } from '../../core/context.ts';
import { readBundleFile } from './readBundleFile.ts';

export interface KnownBaseline extends Pick<Baseline, 'of' | 'rows'> {
  /** By "feature <name>" and "prediction <name>". */
  columns: ReadonlyMap<string, ColumnBaseline>;
}

/** How features and predictions spread in training; null where nobody said. */
export async function readBaseline(
  services: Pick<Services, 'sql' | 'blobs'>,
  workspaceId: string,
  loggedModelId: string,
): Promise<KnownBaseline | null> {
  const text = await readBundleFile(services, workspaceId, loggedModelId, 'baseline');
  const read = baseline.safeParse(text === null ? null : parsed(text));
  if (!read.success) return null;
  const { of, rows, features, prediction } = read.data;
  const named = (kind: string, columns: ColumnBaseline[]) =>
    columns.map((column): [string, ColumnBaseline] => [`${kind} ${column.name}`, column]);
  return { of, rows, columns: new Map([...named('feature', features), ...named('prediction', prediction)]) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
