import type { Artifact, Run } from '@cellkeep/schema/tracking';
import { type ReactElement, useMemo, useRef, useState } from 'react';
import { Swatch } from '../../charts/Swatch.tsx';
import { useTranslate } from '../../host.ts';
import { formatBytes } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import type { RunStyle } from '../../look/runColour.ts';
import { Skeleton } from '../../look/states.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { matching } from '../run/groups.ts';
import { Preview } from '../run/Preview.tsx';
import { previewOf } from '../run/previews.ts';
import { MoreRows, SEARCH_FROM, SearchField } from '../run/rows.tsx';
import { useSeen } from '../run/useSeen.ts';
import { ArtifactDiff } from './ArtifactDiff.tsx';
import { ImagesByStep } from './ImagesByStep.tsx';
import { imageSeries } from './imageSteps.ts';
import { pathRows } from './samePaths.ts';
import type { UrlState } from './urlState.ts';
import { MOST_SIDE_BY_SIDE, useArtifactsOf } from './useArtifactsOf.ts';

interface Props {
  runs: readonly Run[];
  styles: ReadonlyMap<string, RunStyle>;
  state: UrlState;
}

const PATHS = 30; // listed at first

/** The same file of several runs side by side: pictures, tables, texts; and pictures that were logged at each step. */
export function CompareArtifacts({ runs: all, styles, state }: Props): ReactElement | null {
  const t = useTranslate();
  const section = useRef<HTMLElement>(null);
  const isSeen = useSeen(section);
  const { runs, artifacts, isLoading, errors } = useArtifactsOf(all, isSeen);
  const rows = useMemo(() => pathRows(artifacts), [artifacts]);
  const series = useMemo(() => imageSeries(artifacts), [artifacts]);
  const [typed, setTyped] = useState('');
  const [limit, setLimit] = useState(PATHS);
  if (all.every(({ artifactCount }) => artifactCount === 0)) return null;
  const hits = typed
    ? new Set(
        matching(
          rows.map(({ path }) => path),
          typed,
        ),
      )
    : null;
  const found = hits ? rows.filter(({ path }) => hits.has(path)) : rows;
  const chosen = rows.find(({ path }) => path === state.get('file')) ?? rows.find(({ path }) => isPicture(path)) ?? rows[0];
  return (
    <>
      <section ref={section} className="ck-card ck-run-section ck-compare-artifacts" aria-label={t('Artifacts')}>
        <header>
          <h2>
            {t('Artifacts')} <span className="ck-tab-count">{rows.length > 0 ? rows.length : ''}</span>
          </h2>
          <span className="ck-grow" />
          {rows.length > SEARCH_FROM && <SearchField value={typed} onChange={setTyped} label={t('Find a file')} />}
        </header>
        {all.length > MOST_SIDE_BY_SIDE && (
          <p className="ck-run-none">
            {t('Of the first {n} runs that are shown; hide others or drag chips to choose them.', { n: MOST_SIDE_BY_SIDE })}
          </p>
        )}
        {errors > 0 && <p className="ck-run-none ck-bad">{t('The files of {n} runs could not be loaded.', { n: errors })}</p>}
        {isLoading || !isSeen ? (
          <Skeleton rows={6} />
        ) : (
          <div className="ck-compare-files">
            <ul aria-label={t('Files')}>
              {found.slice(0, limit).map(({ path, byRun, isSame }) => (
                <li key={path}>
                  <button
                    type="button"
                    className="ck-artifact-row"
                    aria-current={path === chosen?.path ? 'true' : undefined}
                    title={path}
                    onClick={() => state.set({ file: path })}
                  >
                    <span className="ck-artifact-name">{path}</span>
                    <span className={byRun.size > 1 && !isSame ? 'ck-compare-differs' : 'ck-faint'}>
                      {byRun.size < 2 ? t('in one run') : isSame ? t('the same') : t('differs')}
                    </span>
                  </button>
                </li>
              ))}
              {found.length === 0 && <li className="ck-run-none">{t('No file has this in its name.')}</li>}
              <li>
                <MoreRows shown={Math.min(limit, found.length)} total={found.length} onMore={() => setLimit(limit * 4)} />
              </li>
            </ul>
            {chosen && <SideBySide key={chosen.path} runs={runs} styles={styles} byRun={chosen.byRun} state={state} />}
          </div>
        )}
      </section>
      {series.length > 0 && <ImagesByStep series={series} runs={runs} styles={styles} state={state} />}
    </>
  );
}

const isPicture = (path: string) => /\.(png|jpe?g|webp|svg|gif)$/i.test(path);

function SideBySide({ runs, styles, byRun, state }: Props & { byRun: ReadonlyMap<string, Artifact> }): ReactElement {
  const t = useTranslate();
  const having = runs.filter(({ id }) => byRun.has(id));
  const [first] = having;
  const example = first && byRun.get(first.id);
  const kind = example ? previewOf(example) : 'none';
  const canDiff = having.length > 1 && kind !== 'image' && kind !== 'none';
  const isDiff = canDiff && state.get('files') !== 'all';
  return (
    <div className="ck-compare-sides">
      {canDiff && (
        <fieldset className="ck-segments" aria-label={t('How files are compared')}>
          <button type="button" aria-pressed={isDiff} onClick={() => state.set({ files: null })}>
            {t('Differences of two')}
          </button>
          <button type="button" aria-pressed={!isDiff} onClick={() => state.set({ files: 'all' })}>
            {t('Side by side')}
          </button>
        </fieldset>
      )}
      {isDiff ? (
        <ArtifactDiff runs={having} byRun={byRun} kind={kind} styles={styles} state={state} />
      ) : (
        <div className="ck-compare-columns" data-kind={kind}>
          {runs.map((run) => {
            const artifact = byRun.get(run.id);
            return (
              <section key={run.id} aria-label={run.name}>
                <header>
                  <Swatch style={styles.get(run.id)} />
                  <ViewLink to={{ view: 'run', id: run.id, tab: 'artifacts' }} className="ck-run-name" title={run.name}>
                    {run.name}
                  </ViewLink>
                  {artifact && <span className="ck-faint">{formatBytes(artifact.size)}</span>}
                </header>
                {artifact ? (
                  <Preview artifact={artifact} />
                ) : (
                  <p className="ck-run-none">
                    <Icon name="file" size={13} /> {t('not in this run')}
                  </p>
                )}
              </section>
            );
          })}
        </div>
      )}
    </div>
  );
}
