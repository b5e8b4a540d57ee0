import type { Artifact } from '@cellkeep/schema/tracking';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useClient } from '../../live/shared.ts';

/** Rows that are asked for at first: most tables are not read on. */
const FIRST = 100;
/** As many as the server tells of a table. */
const MOST_ROWS = 1_000;

/** The first rows of an artifact that is a table; more of them when somebody wants to read or sort them. */
export function useTable({ runId, path, digest }: Artifact) {
  const client = useClient();
  const [rows, setRows] = useState(FIRST);
  const { data, error } = useQuery({
    queryKey: ['preview', runId, path, digest, rows],
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => client.tracking.artifacts.preview({ runId, path, rows }, { signal }),
  });
  const hasMore = data?.truncated === true && data.rows.length === FIRST && rows === FIRST;
  return { data, error, hasMore, onMore: () => setRows(MOST_ROWS) };
}
