import type { Artifact, Run } from '@cellkeep/schema/tracking';
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactElement, Suspense, useMemo, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { useClient, useShared } from '../../live/shared.ts';
import { formatBytes } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import type { RunStyle } from '../../look/runColour.ts';
import { errorText, Skeleton } from '../../look/states.tsx';
import { prettyJson } from '../run/prettyJson.ts';
import { type PreviewKind, startsAsTable, textKindOf } from '../run/previews.ts';
import { readStart } from '../run/readStart.ts';
import { TableOrTextSwitch } from '../run/TableOrTextSwitch.tsx';
import { type Pair, PairPicker, pairOf } from './PairPicker.tsx';
import { TableDiffView } from './TableDiffView.tsx';
import { diffTables } from './tableDiff.ts';
import type { UrlState } from './urlState.ts';

export const TextDiff = lazy(() => import('./TextDiff.tsx'));

const ROWS = 1_000; // compared of a table
const TEXT_BYTES = 256 * 1024; // compared of a text: what a browser takes in without a pause

/** One file of two runs, what is different in it. */
export function ArtifactDiff({
  runs,
  byRun,
  kind,
  state,
}: {
  runs: readonly Run[];
  byRun: ReadonlyMap<string, Artifact>;
  kind: PreviewKind;
  styles: ReadonlyMap<string, RunStyle>;
  state: UrlState;
}): ReactElement | null {
  const t = useTranslate();
  const pair = pairOf(runs, state);
  const [before, after] = [pair && byRun.get(pair.before.id), pair && byRun.get(pair.after.id)];
  if (!pair || !before || !after) return null;
  return (
    <>
      <PairPicker runs={runs} pair={pair} state={state} />
      {before.digest === after.digest ? (
        <p className="ck-run-note" role="status">
          <Icon name="check" size={14} /> {t('Both files are the same, byte for byte.')}
        </p>
      ) : kind === 'table' ? (
        <TablesOrTexts before={before} after={after} pair={pair} />
      ) : kind === 'json' ? (
        <Jsons before={before} after={after} pair={pair} />
      ) : (
        <Texts before={before} after={after} pair={pair} isJson={false} />
      )}
    </>
  );
}

interface Sides {
  before: Artifact;
  after: Artifact;
  pair: Pair;
}

/** JSON of which only its beginning says whether it is a table, in both runs. */
function Jsons(props: Sides): ReactElement {
  const { data } = useTexts(props);
  return data?.every(startsAsTable) ? <TablesOrTexts {...props} /> : <Texts {...props} isJson />;
}

/** Rows against rows, and lines against lines for who wants to see that. */
function TablesOrTexts(props: Sides): ReactElement {
  const { before, after, pair } = props;
  const t = useTranslate();
  const client = useClient();
  const [isText, setText] = useState(false);
  const { data, error } = useQuery({
    queryKey: ['table-diff', before.digest, after.digest],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) =>
      Promise.all([before, after].map(({ runId, path }) => client.tracking.artifacts.preview({ runId, path, rows: ROWS }, { signal }))),
  });
  const diff = useMemo(() => (data?.[0] && data[1] ? diffTables(data[0], data[1]) : null), [data]);
  const texts = <Texts {...props} isJson={[before, after].every((artifact) => textKindOf(artifact) === 'json')} />;
  if (error) return texts; // what is no table is a text
  if (!diff || !data) return <Skeleton rows={8} />;
  return (
    <>
      <TableOrTextSwitch isText={isText} onChange={setText} />
      {isText ? texts : <TableDiffView diff={diff} names={[pair.before.name, pair.after.name]} />}
      {!isText && data.some(({ truncated }) => truncated) && (
        <p className="ck-run-none">{t('Of the first {n} rows of each.', { n: ROWS })}</p>
      )}
    </>
  );
}

function useTexts({ before, after }: Pick<Sides, 'before' | 'after'>) {
  const { connection } = useShared();
  return useQuery({
    queryKey: ['text-diff', before.digest, after.digest],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => Promise.all([before, after].map((artifact) => readStart(connection, artifact, TEXT_BYTES, signal))),
  });
}

function Texts({ before, after, pair, isJson }: Sides & { isJson: boolean }): ReactElement {
  const t = useTranslate();
  const { data, error } = useTexts({ before, after });
  if (error) return <p className="ck-run-note ck-bad">{errorText(error, t)}</p>;
  const [a, b] = data ?? [];
  if (a === undefined || b === undefined) return <Skeleton rows={8} />;
  const isCut = Math.max(before.size, after.size) > TEXT_BYTES;
  const shown = (text: string) => (isJson && !isCut ? prettyJson(text) : text);
  return (
    <>
      <Suspense fallback={<Skeleton rows={8} />}>
        <TextDiff before={shown(a)} after={shown(b)} names={[pair.before.name, pair.after.name]} />
      </Suspense>
      {isCut && <p className="ck-run-none">{t('Only the first {n} of each are compared.', { n: formatBytes(TEXT_BYTES) })}</p>}
    </>
  );
}
