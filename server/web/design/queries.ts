/** What the views of this room ask the server, each under one key. What never changes (a stored snapshot's parts) is asked for once. */
import type { Execution, ShownCell, SnapshotSummary, Verdict } from '@cellkeep/schema/design';
import { type QueryClient, useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query';
import type { Connection } from '../connection.ts';
import { useClient, useShared } from '../live/shared.ts';

export const useDesign = () => useClient().design;

export const designKeys = {
  snapshots: (of: object) => ['design', 'snapshots', of] as const,
  snapshot: (id: string) => ['design', 'snapshot', id] as const,
  cells: (id: string, page: number) => ['design', 'cells', id, page] as const,
  diff: (before: string, after: string) => ['design', 'diff', before, after] as const,
  environment: (digest: string) => ['design', 'environment', digest] as const,
  part: (digest: string) => ['design', 'part', digest] as const,
  session: (id: string, last: number) => ['design', 'session', id, last] as const,
  verdicts: (runId: string) => ['design', 'verdicts', runId] as const,
  schedules: (runId: string) => ['design', 'schedules', runId] as const,
};

/** Halves of a snapshot may come one after the other: what was stored a moment ago is asked for again. */
const SETTLED_AFTER = 60_000; // ms
const FOREVER = Number.POSITIVE_INFINITY;

export type SnapshotsOf = { runId: string } | { notebookId: string } | { notebookPath: string };

export function useSnapshots(of: SnapshotsOf | null, limit = 100) {
  const design = useDesign();
  return useInfiniteQuery({
    queryKey: designKeys.snapshots({ ...of, limit }),
    enabled: of !== null,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => design.snapshots.list({ ...of, limit, cursor: pageParam }, { signal }),
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
}

export function useSnapshot(id: string | null) {
  const design = useDesign();
  return useQuery({
    queryKey: designKeys.snapshot(id ?? ''),
    enabled: id !== null,
    staleTime: 10_000,
    queryFn: ({ signal }) => design.snapshots.get({ id: id as string }, { signal }),
    refetchInterval: ({ state: { data } }) =>
      data && !(data.hasDocument && data.hasKernel) && Date.now() - data.takenAt < SETTLED_AFTER ? 2_000 : false,
  });
}

const PAGE = 100; // cells

/** Cells of a snapshot from the pages that `indexes` lie on; a cell that has not come yet is undefined. */
export function useShownCells(id: string, version: string, indexes: readonly number[]) {
  const design = useDesign();
  const pages = [...new Set(indexes.map((index) => Math.floor(index / PAGE)))].sort((a, b) => a - b);
  return useQueries({
    queries: pages.map((page) => ({
      queryKey: [...designKeys.cells(id, page), version],
      staleTime: FOREVER,
      gcTime: 300_000, // a notebook is scrolled up and down
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const cells: ShownCell[] = [];
        // A page ends early where its cells are large.
        for (let total = Number.POSITIVE_INFINITY; cells.length < PAGE && page * PAGE + cells.length < total; ) {
          const offset = page * PAGE + cells.length;
          const more = await design.snapshots.cells({ id, offset, limit: PAGE - cells.length }, { signal });
          if (more.cells.length === 0) break;
          cells.push(...more.cells);
          total = more.total;
        }
        return { cells };
      },
    })),
    combine: (answers) => {
      const byPage = new Map(pages.map((page, i) => [page, answers[i]?.data?.cells]));
      return {
        cellAt: (index: number): ShownCell | undefined => byPage.get(Math.floor(index / PAGE))?.[index % PAGE],
        error: answers.find(({ error }) => error)?.error ?? null,
        refetch: () => {
          for (const answer of answers) if (answer.isError) void answer.refetch();
        },
      };
    },
  });
}

export function useSnapshotDiff(before: string, after: string) {
  const design = useDesign();
  return useQuery({
    queryKey: designKeys.diff(before, after),
    staleTime: 60_000,
    queryFn: ({ signal }) => design.snapshots.diff({ before, after }, { signal }),
  });
}

export function useEnvironment(digest: string | null) {
  const design = useDesign();
  return useQuery({
    queryKey: designKeys.environment(digest ?? ''),
    enabled: digest !== null,
    staleTime: FOREVER,
    queryFn: ({ signal }) => design.environments.get({ digest: digest as string }, { signal }),
  });
}

export const partUrl = (connection: Connection, digest: string): string =>
  new URL(`api/v1/parts/${encodeURIComponent(digest)}`, connection.baseUrl).href;

/** A part's whole text, as it was stored. */
export function usePart(digest: string | null) {
  const { connection } = useShared();
  return useQuery({
    queryKey: designKeys.part(digest ?? ''),
    enabled: digest !== null,
    staleTime: FOREVER,
    queryFn: async ({ signal }) => {
      const answer = await connection.request(`api/v1/parts/${encodeURIComponent(digest as string)}`, { signal });
      if (!answer.ok) throw new Error(await reasonOf(answer));
      return await answer.text();
    },
  });
}

async function reasonOf(answer: Response): Promise<string> {
  const body: unknown = await answer.json().catch(() => null);
  const message = typeof body === 'object' && body !== null && 'message' in body ? body.message : null;
  return typeof message === 'string' ? message : `${answer.status} ${answer.statusText}`;
}

/** What a browser holds of one kernel's life; a longer one is shown from its end. */
export const MOST_EXECUTIONS = 10_000;

/** Executions 0 … `last` of a session, in order. */
export function useSessionExecutions(sessionId: string | null, last: number | null) {
  const client = useClient();
  return useQuery({
    queryKey: designKeys.session(sessionId ?? '', last ?? -1),
    enabled: sessionId !== null && last !== null,
    staleTime: 30_000,
    queryFn: async ({ signal }) => {
      const executions = await readExecutions(client, { sessionId: sessionId as string }, signal);
      return executions.filter(({ order }) => order <= (last as number));
    },
  });
}

export async function readExecutions(
  client: ReturnType<typeof useClient>,
  of: { sessionId: string } | { runId: string },
  signal: AbortSignal,
): Promise<Execution[]> {
  const executions: Execution[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.design.executions.list({ ...of, limit: 500, cursor }, { signal });
    executions.push(...page.executions);
    cursor = page.nextCursor ?? undefined;
  } while (cursor && executions.length < MOST_EXECUTIONS);
  return executions.sort((a, b) => a.order - b.order);
}

export const isOpenVerdict = ({ status }: Pick<Verdict, 'status'>): boolean => status === 'queued' || status === 'running';

/** Verifications of a run, newest first; asked for each second while one of them goes on. */
export function useVerdicts(runId: string) {
  const design = useDesign();
  return useQuery({
    queryKey: designKeys.verdicts(runId),
    queryFn: ({ signal }) => design.verdicts.list({ runId, limit: 50 }, { signal }),
    refetchInterval: ({ state: { data } }) => (data?.verdicts.some(isOpenVerdict) ? 1_000 : false),
  });
}

export function putVerdict(cache: QueryClient, verdict: Verdict): void {
  if (verdict.runId === null) return;
  cache.setQueryData<{ verdicts: Verdict[]; nextCursor: string | null }>(designKeys.verdicts(verdict.runId), (data) =>
    data ? { ...data, verdicts: [verdict, ...data.verdicts.filter(({ id }) => id !== verdict.id)].sort(byAsked) } : data,
  );
  void cache.invalidateQueries({ queryKey: designKeys.verdicts(verdict.runId) });
}

const byAsked = (a: Verdict, b: Verdict) => b.askedAt - a.askedAt;

export function useSchedules(runId: string) {
  const design = useDesign();
  return useQuery({
    queryKey: designKeys.schedules(runId),
    queryFn: async ({ signal }) => (await design.schedules.list({ runId, limit: 20 }, { signal })).schedules,
  });
}

/** Of a run's snapshots the one that is shown first: as it ended, else the latest. */
export function mainSnapshot(snapshots: readonly SnapshotSummary[], runId: string): SnapshotSummary | undefined {
  const reasonOfRun = ({ runs, reason }: SnapshotSummary) => runs.find(({ id }) => id === runId)?.reason ?? reason;
  return snapshots.find((one) => reasonOfRun(one) === 'end') ?? snapshots[0];
}
