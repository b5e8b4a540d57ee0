/**
 * The runs of a table of any size. Pages are asked by their place, so that End, or a drag of the scroll bar, needs none of those in
 * between; a page that was scrolled away is forgotten. Where the page before is known, its cursor is used: a run that is added meanwhile
 * then neither repeats nor hides another.
 */
import type { Run } from '@cellkeep/schema/tracking';
import { useQueries } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { OfflineError } from '../../connection.ts';
import { keys, type RunsPage } from '../../live/cache.ts';
import { useClient } from '../../live/shared.ts';
import type { RunSearch } from '../queries.ts';
import { type Laid, layRuns, pagesIn, stretchAt, type WantedPage } from './rowModel.ts';
import type { Span } from './useViewport.ts';

export const PAGE = 100; // rows; a first page of this size is there within the blink that a click allows
const FAR = 90; // ms; rows that fly past on the way to others are not asked for

export interface RunPages {
  /** Of all rows, heads of groups among them. */
  laid: Laid;
  /** Runs that match, as far as they were counted. */
  total: number | null;
  /** There are more than that. */
  isAtLeast: boolean;
  /** The same pages of a table whose size is known better by now. */
  withTotal(total: number): RunPages;
  /** Undefined: no run, or not here yet. */
  rowAt(row: number): Run | undefined;
  /** Runs that are held, in order. */
  loaded: Run[];
  isLoading: boolean;
  /** What is shown belongs to the search before this one. */
  isOld: boolean;
  /** What is shown are a few first runs; how many more there are is not known yet. */
  isSample: boolean;
  error: unknown;
  retry: () => void;
}

/**
 * `grouped`: the rows as groups lay them; null: the runs of `search`, one after the other. `sample`: its first runs, where some are known
 * already: they are shown until the first page is there.
 */
export function useRunPages(search: RunSearch, grouped: Laid | null, visible: Span, isReady: boolean, sample?: Run[]): RunPages {
  const client = useClient();
  const isGrouped = grouped !== null;
  const name = JSON.stringify(search);
  const [size, setSize] = useState<{ name: string; total: number | null }>({ name, total: null });
  const known = size.name === name ? size.total : null;
  const alone = useMemo(() => layRuns(JSON.parse(name) as RunSearch, known ?? 0), [name, known]);
  const laid = grouped ?? alone;
  const settled = useSettled(visible, laid);

  const top: WantedPage[] = isGrouped ? [] : [{ search, page: 0 }];
  const wanted = [...top, ...pagesIn(laid.stretches, settled.from, settled.to, PAGE).filter(({ page }) => isGrouped || page > 0)];
  const cursors = useRef(new Map<string, string>());
  const before = useRef<{ experiments: string; page: RunsPage } | null>(null);
  const experiments = JSON.stringify(search.experimentIds);
  const sampled = useMemo(
    (): RunsPage | undefined => (sample?.length ? { runs: sample, nextCursor: null, total: sample.length, totalIs: 'unknown' } : undefined),
    [sample],
  );
  const kept = before.current?.experiments === experiments ? before.current.page : sampled;
  const answers = useQueries({
    queries: wanted.map(({ search: asked, page }) => ({
      queryKey: keys.runsPage(asked, String(page)),
      // Without the rows before, the table would go and come again with each new order, and with it the focus and the place. Not by
      // `keepPreviousData`: queries that are asked as a list do not know those before them.
      placeholderData: page > 0 || isGrouped ? undefined : kept,
      gcTime: 20_000,
      enabled: isReady,
      queryFn: async ({ signal }: { signal: AbortSignal }): Promise<RunsPage> => {
        const place = (n: number) => `${n} ${JSON.stringify(asked)}`;
        let near = page;
        while (near > 0 && !cursors.current.has(place(near))) near--;
        const start = { cursor: near > 0 ? cursors.current.get(place(near)) : undefined, offset: (page - near) * PAGE };
        const answer = await client.tracking.runs.search({ ...asked, limit: PAGE, details: false, ...start }, { signal });
        if (page === 0) for (const one of [...cursors.current.keys()]) if (one.endsWith(place(0).slice(1))) cursors.current.delete(one);
        if (answer.nextCursor) cursors.current.set(place(page + 1), answer.nextCursor);
        return answer;
      },
    })),
  });

  const first = isGrouped ? undefined : answers[0];
  // While the server is away the rows before stay: the page says so itself, and asks again when it is back.
  const isKept = first?.data === undefined && first?.error instanceof OfflineError && kept !== undefined;
  const firstPage = isKept ? kept : first?.data;
  const isSample = firstPage !== undefined && firstPage === sampled;
  const isOld = (isKept || (first?.isPlaceholderData ?? false)) && !isSample;
  const total = isSample ? null : (firstPage?.total ?? null);
  const laidTotal = firstPage?.total ?? null;
  const isAtLeast = firstPage?.totalIs === 'atLeast';
  useEffect(() => {
    if (firstPage && !isOld && !isSample) before.current = { experiments, page: firstPage };
  }, [firstPage, isOld, isSample, experiments]);
  useEffect(() => {
    if (!isOld && total !== null) setSize((now) => (now.name === name && now.total === total ? now : { name, total }));
  }, [isOld, total, name]);

  const runsOf = (i: number) => (i === 0 && isKept ? kept : answers[i]?.data)?.runs;
  const pages = new Map(wanted.map(({ search: asked, page }, i) => [pageName(asked, page), runsOf(i)]));
  const loaded = useJoined(answers.map((_, i) => runsOf(i) ?? NONE));
  // Until the size of the new search is known, the old one's first rows keep their place.
  const shown = useMemo(
    () => (!isGrouped && known === null && laidTotal !== null ? layRuns(JSON.parse(name) as RunSearch, laidTotal) : laid),
    [isGrouped, known, laidTotal, laid, name],
  );
  const shownOf = (rows: Laid): RunPages => ({
    laid: rows,
    total,
    isAtLeast,
    withTotal: (better) => shownOf(layRuns(search, better)),
    rowAt: (row) => {
      const stretch = stretchAt(rows.stretches, row);
      if (stretch?.is !== 'runs') return undefined;
      const place = row - stretch.from;
      return pages.get(pageName(stretch.search, Math.floor(place / PAGE)))?.[place % PAGE];
    },
    loaded,
    isLoading: first?.isPending ?? false,
    isOld,
    isSample,
    error: isKept ? null : (answers.find(({ error }) => error)?.error ?? null),
    retry: () => {
      for (const answer of answers) if (answer.isError) void answer.refetch();
    },
  });
  return shownOf(shown);
}

const pageName = (search: RunSearch, page: number) => `${page} ${search.filter ?? ''}`;

/** Rows beside those that were asked for before are asked for at once; far ones when the scrolling rests. */
function useSettled(visible: Span, laid: Laid): Span {
  const [settled, setSettled] = useState({ span: visible, laid });
  const isNear = laid !== settled.laid || (visible.from <= settled.span.to + PAGE && visible.to >= settled.span.from - PAGE);
  useEffect(() => {
    if (isNear) {
      setSettled((now) => (now.span === visible && now.laid === laid ? now : { span: visible, laid }));
      return;
    }
    const timer = setTimeout(() => setSettled({ span: visible, laid }), FAR);
    return () => clearTimeout(timer);
  }, [isNear, visible, laid]);
  return isNear ? visible : settled.span;
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
