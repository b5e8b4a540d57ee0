import type { Release } from '@cellkeep/schema/deployment';
import { useQuery } from '@tanstack/react-query';
import { useShared } from '../../live/shared.ts';
import { deploymentKeys, useVersionDetails } from '../queries.ts';
import type { PastedRows } from './readRows.ts';

/** What a version takes and gives, and the rows that came with it; `example` is null where there is none, undefined while it comes. */
export function useExample(release: Pick<Release, 'modelName' | 'version'> | null) {
  const { connection } = useShared();
  const details = useVersionDetails(release);
  const bundle = details.data?.bundle ?? null;
  const loggedModelId = details.data?.version.loggedModelId ?? null;
  const file = bundle?.example ?? null;
  const example = useQuery({
    queryKey: deploymentKeys.example(`${loggedModelId} ${file}`),
    enabled: loggedModelId !== null && file !== null,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      const path = `api/2.0/mlflow/logged-models/${loggedModelId}/artifacts/files?artifact_file_path=${encodeURIComponent(file ?? '')}`;
      const response = await connection.request(path, { signal });
      if (!response.ok) throw new Error(`The server answered ${response.status}.`);
      return readExample(await response.json());
    },
  });
  return { details, bundle, example: file === null || example.isError ? null : example.data };
}

function readExample(said: unknown): PastedRows | null {
  const { columns, data } = said as Partial<PastedRows>;
  return Array.isArray(columns) && Array.isArray(data) ? { columns, data } : null;
}
