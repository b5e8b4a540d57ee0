import type { Release } from '@cellkeep/schema/deployment';
import type { Baseline, ColumnBaseline } from '@cellkeep/schema/registry';
import { useQuery } from '@tanstack/react-query';
import { useShared } from '../../live/shared.ts';
import { useVersionDetails } from '../queries.ts';

/** How each column spread in training, which names the bins that are counted now; null where the version came without. */
export function useBaseline(release: Pick<Release, 'modelName' | 'version'> | null): readonly ColumnBaseline[] | null {
  const { connection } = useShared();
  const { data } = useVersionDetails(release);
  const id = data?.version.loggedModelId ?? null;
  const file = data?.bundle?.baseline ?? null;
  const baseline = useQuery({
    queryKey: ['deployment', 'baseline', id, file],
    enabled: id !== null && file !== null,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      const path = `api/2.0/mlflow/logged-models/${id}/artifacts/files?artifact_file_path=${encodeURIComponent(file ?? '')}`;
      const response = await connection.request(path, { signal });
      if (!response.ok) throw new Error(`The server answered ${response.status}.`);
      const { features, prediction } = (await response.json()) as Baseline;
      return [...features, ...prediction];
    },
  });
  return baseline.data ?? null;
}
