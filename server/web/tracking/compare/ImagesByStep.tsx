import type { Run } from '@cellkeep/schema/tracking';
import { type ReactElement, useState } from 'react';
import { Swatch } from '../../charts/Swatch.tsx';
import { useTranslate } from '../../host.ts';
import { useShared } from '../../live/shared.ts';
import { groupThousands } from '../../look/format.ts';
import type { RunStyle } from '../../look/runColour.ts';
import { ViewLink } from '../../look/ViewLink.tsx';
import { type ImageSeries, imageAt } from './imageSteps.ts';
import type { UrlState } from './urlState.ts';

/** Pictures that were logged at each step, of all runs at one step that a slider chooses. */
export function ImagesByStep({
  series,
  runs,
  styles,
  state,
}: {
  series: readonly ImageSeries[];
  runs: readonly Run[];
  styles: ReadonlyMap<string, RunStyle>;
  state: UrlState;
}): ReactElement | null {
  const t = useTranslate();
  const chosen = series.find(({ key }) => key === state.get('images')) ?? series[0];
  const said = Number(state.get('step') ?? Number.NaN);
  // While the slider is dragged the address waits: a browser allows only so many changes of it.
  const [dragged, setDragged] = useState<number | null>(null);
  if (!chosen) return null;
  const { steps } = chosen;
  const last = steps.length - 1;
  const at =
    dragged ??
    (Number.isFinite(said)
      ? Math.max(
          0,
          steps.findLastIndex((step) => step <= said),
        )
      : last);
  const step = steps[Math.min(at, last)] ?? 0;
  const keep = () => {
    if (dragged === null) return;
    state.set({ step: String(steps[dragged] ?? '') });
    setDragged(null);
  };
  return (
    <section className="ck-card ck-run-section ck-compare-images" aria-label={t('Images by step')}>
      <header>
        <h2>{t('Images by step')}</h2>
        {series.length > 1 ? (
          <select
            className="ck-field"
            aria-label={t('Series of images')}
            value={chosen.key}
            onChange={(event) => state.set({ images: event.target.value, step: null })}
          >
            {series.map(({ key }) => (
              <option key={key}>{key}</option>
            ))}
          </select>
        ) : (
          <span className="ck-dim">{chosen.key}</span>
        )}
        {last > 0 && (
          <label className="ck-slider ck-compare-steps">
            <span>{t('Step')}</span>
            <input
              type="range"
              min={0}
              max={last}
              value={Math.min(at, last)}
              aria-label={t('Step')}
              aria-valuetext={t('step {n}', { n: step })}
              onChange={(event) => setDragged(Number(event.target.value))}
              onPointerUp={keep}
              onKeyUp={keep}
              onBlur={keep}
            />
            <output className="ck-num">{groupThousands(step)}</output>
          </label>
        )}
      </header>
      <div className="ck-compare-columns" data-kind="image">
        {runs.map((run) => {
          const images = chosen.byRun.get(run.id);
          if (!images) return null;
          const image = imageAt(images, step);
          return (
            <section key={run.id} aria-label={run.name}>
              <header>
                <Swatch style={styles.get(run.id)} />
                <ViewLink to={{ view: 'run', id: run.id, tab: 'artifacts' }} className="ck-run-name" title={run.name}>
                  {run.name}
                </ViewLink>
                <span className={image?.step === step ? 'ck-faint' : 'ck-warned'}>
                  {image ? t('step {n}', { n: groupThousands(image.step) }) : t('not yet')}
                </span>
              </header>
              {image && (
                <StepPicture
                  runId={run.id}
                  path={image.artifact.path}
                  alt={t('{key} of {run} at step {n}', { key: chosen.key, run: run.name, n: image.step })}
                />
              )}
            </section>
          );
        })}
      </div>
    </section>
  );
}

function StepPicture({ runId, path, alt }: { runId: string; path: string; alt: string }): ReactElement {
  const t = useTranslate();
  const { connection } = useShared();
  const [broken, setBroken] = useState<string | null>(null);
  if (broken === path) return <p className="ck-run-none ck-bad">{t('This picture cannot be shown')}</p>;
  // No key: the picture before stays until the next one is there, so that a dragged slider does not flicker.
  return <img src={connection.artifactUrl(runId, path)} alt={alt} onError={() => setBroken(path)} />;
}
