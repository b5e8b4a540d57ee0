import type { Artifact, Run } from '@cellkeep/schema/tracking';
import { useQueries } from '@tanstack/react-query';
import { keys } from '../../live/cache.ts';
import { useClient } from '../../live/shared.ts';

/** Files of one run that are looked at; a checkpoint every step can leave more. */
const MOST_FILES = 5_000;
/** Runs whose files stand side by side: more columns cannot be read, and each list is a request of its own. */
export const MOST_SIDE_BY_SIDE = 12;

export interface RunFiles {
  runs: readonly Run[];
  artifacts: readonly Artifact[];
  isLoading: boolean;
  errors: number;
}

/** Artifacts of the first runs. A run that has none is not asked. */
export function useArtifactsOf(all: readonly Run[], isWanted: boolean): RunFiles {
  const client = useClient();
  const runs = all.slice(0, MOST_SIDE_BY_SIDE);
  const asked = runs.filter(({ artifactCount }) => artifactCount > 0);
  return useQueries({
    queries: asked.map(({ id }) => ({
      queryKey: keys.artifacts(id),
      enabled: isWanted,
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const artifacts: Artifact[] = [];
        let cursor: string | undefined;
        do {
          const page = await client.tracking.artifacts.list({ runId: id, limit: 1_000, cursor }, { signal });
          artifacts.push(...page.artifacts);
          cursor = page.nextCursor ?? undefined;
        } while (cursor && artifacts.length < MOST_FILES);
        return artifacts;
      },
    })),
    combine: (answers) => ({
      runs,
      artifacts: answers.flatMap(({ data }) => data ?? []),
      isLoading: answers.some(({ isLoading }) => isLoading),
      errors: answers.filter(({ isError }) => isError).length,
    }),
  });
}
