import { text } from 'node:stream/consumers';
import type { Services } from '../../core/context.ts';
import { modelFiles } from '../../registry/index.ts';

/** bytes */
const LARGEST = 64 * 1024 * 1024;

/** A file that a bundle names, as text. Null where it names none, or where that is not stored here any more. */
export async function readBundleFile(
  { sql, blobs }: Pick<Services, 'sql' | 'blobs'>,
  workspaceId: string,
  loggedModelId: string,
  which: 'baseline' | 'example' | 'background',
): Promise<string | null> {
  const [row] = await sql<{ file: string | null }[]>`
    select b.bundle ->> ${which} as file from model_bundles b join logged_models l on l.id = b.logged_model_id
    where b.logged_model_id = ${loggedModelId} and l.workspace_id = ${workspaceId}`;
  if (!row?.file) return null;
  const file = (await modelFiles(sql, loggedModelId))?.find(({ path }) => path === row.file);
  if (!file || file.size > LARGEST) return null;
  const blob = await blobs.get(file.digest);
  return blob ? text(blob.stream) : null;
}
