import { baseline, type ColumnBaseline } from '@cellkeep/schema/registry';
import type { Services } from '../../core/context.ts';
import { readBundleFile } from './readBundleFile.ts';

/** How features and predictions spread in training, by "feature <name>" and "prediction <name>"; empty where nobody said. */
export async function readBaseline(
  services: Pick<Services, 'sql' | 'blobs'>,
  workspaceId: string,
  loggedModelId: string,
): Promise<Map<string, ColumnBaseline>> {
  const text = await readBundleFile(services, workspaceId, loggedModelId, 'baseline');
  const read = baseline.safeParse(text === null ? null : parsed(text));
  if (!read.success) return new Map();
  const named = (kind: string, columns: ColumnBaseline[]) =>
    columns.map((column): [string, ColumnBaseline] => [`${kind} ${column.name}`, column]);
  return new Map([...named('feature', read.data.features), ...named('prediction', read.data.prediction)]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
