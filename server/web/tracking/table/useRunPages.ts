/**
 * A search of any size, by pages. Only the pages around the visible rows are held; a page that was scrolled away is forgotten and asked
 * again by its cursor. Rows after the last known page are shown as bars until their page has come.
 */
import type { Run } from '@cellkeep/schema/tracking';
import { keepPreviousData, useQueries } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { keys } from '../../live/cache.ts';
import { useClient } from '../../live/shared.ts';
import type { RunSearch } from '../queries.ts';

export const PAGE = 100; // rows; a first page of this size is there within the blink that a click allows

export interface RunPages {
  /** Rows that the table has room for: those that can be reached with what is known now. */
  count: number;
  total: number | null;
  rowAt(index: number): Run | undefined;
  /** Rows that are held, in order. */
  loaded: Run[];
  isLoading: boolean;
  /** What is shown belongs to the search before this one. */
  isOld: boolean;
  error: unknown;
  retry: () => void;
}

export function useRunPages(search: RunSearch, visible: { from: number; to: number }): RunPages {
  const client = useClient();
  const name = JSON.stringify(search);
  // cursors[i] is that of page i; they are found one after the other.
  const [known, setKnown] = useState<{ name: string; cursors: (string | undefined)[] }>({ name, cursors: [undefined] });
  const cursors = known.name === name ? known.cursors : [undefined];
  const first = Math.min(cursors.length - 1, Math.max(0, Math.floor(visible.from / PAGE) - 1));
  const last = Math.min(cursors.length - 1, Math.max(0, Math.floor((visible.to + PAGE / 2) / PAGE)));
  const wanted = [...new Set([0, ...range(first, last)])];

  const answers = useQueries({
    queries: wanted.map((page) => ({
      queryKey: keys.runsPage(search, cursors[page]),
      placeholderData: page === 0 ? keepPreviousData : undefined,
      gcTime: 20_000,
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        client.tracking.runs.search({ ...search, limit: PAGE, cursor: cursors[page] }, { signal }),
    })),
  });

  const lastAnswer = answers.at(-1);
  const next = lastAnswer?.isPlaceholderData ? undefined : lastAnswer?.data?.nextCursor;
  const isAtEnd = wanted.at(-1) === cursors.length - 1;
  useEffect(() => {
    if (!isAtEnd || !next || cursors.includes(next)) return;
    setKnown({ name, cursors: [...cursors, next] });
  }, [isAtEnd, next, cursors, name]);

  const top = answers[0];
  const total = top?.data?.total ?? null;
  const pages = new Map(wanted.map((page, i) => [page, answers[i]?.data?.runs]));
  const loaded = useJoined(answers.map(({ data }) => data?.runs ?? NONE));
  const reach = cursors.length * PAGE + (next ? PAGE : 0);
  return {
    count: total === null ? 0 : Math.min(total, reach),
    total,
    rowAt: (index) => pages.get(Math.floor(index / PAGE))?.[index % PAGE],
    loaded,
    isLoading: top?.isPending ?? true,
    isOld: top?.isPlaceholderData ?? false,
    error: answers.find(({ error }) => error)?.error ?? null,
    retry: () => {
      for (const answer of answers) if (answer.isError) void answer.refetch();
    },
  };
}

const NONE: Run[] = [];

/** The rows of all pages as one list, the same list while the pages are the same. */
function useJoined(pages: Run[][]): Run[] {
  const held = useRef<{ pages: Run[][]; joined: Run[] }>({ pages: [], joined: NONE });
  const { current } = held;
  if (pages.length !== current.pages.length || pages.some((page, i) => page !== current.pages[i]))
    held.current = { pages, joined: pages.flat() };
  return held.current.joined;
}

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
