import type { ReactElement } from 'react';
import { useTranslate } from '../host.ts';
import type { CurveLook } from './curveLook.ts';
import type { XAxis } from './shape.ts';

export { useCurveLook } from './curveLook.ts';

/** Parts of the values that can set the y range; what is outside is counted on each panel. */
const CLIPS = [0, 0.99, 0.95, 0.9];

export function CurveControls({ look, onLook }: { look: CurveLook; onLook: (look: CurveLook) => void }): ReactElement {
  const t = useTranslate();
  const axes: [XAxis, string, string][] = [
    ['step', t('Step'), t('By step')],
    ['relative', t('Relative'), t('By time since the run started')],
    ['time', t('Time'), t('By time of day')],
  ];
  // The time of day has no zero to be far from.
  const canLogX = look.xAxis !== 'time';
  return (
    <div className="ck-curve-controls">
      <fieldset className="ck-segments" aria-label={t('X axis')}>
        {axes.map(([axis, label, title]) => (
          <button
            key={axis}
            type="button"
            aria-pressed={look.xAxis === axis}
            title={title}
            onClick={() => onLook({ ...look, xAxis: axis })}
          >
            {label}
          </button>
        ))}
      </fieldset>
      <label className="ck-slider" title={t('Smoothing: exponential moving average')}>
        <span>{t('Smoothing')}</span>
        <input
          type="range"
          aria-label={t('Smoothing')}
          min={0}
          max={0.99}
          step={0.01}
          value={look.smoothing}
          onChange={(event) => onLook({ ...look, smoothing: Number(event.target.value) })}
        />
        <output className="ck-num">{look.smoothing.toFixed(2)}</output>
      </label>
      <span className="ck-curve-logs">
        <button
          type="button"
          className="ck-btn ck-toggle"
          aria-pressed={look.log}
          title={t('Logarithmic y axis')}
          onClick={() => onLook({ ...look, log: !look.log })}
        >
          {t('Log')}
        </button>
        <button
          type="button"
          className="ck-btn ck-toggle"
          aria-pressed={look.logX && canLogX}
          disabled={!canLogX}
          title={canLogX ? t('Logarithmic x axis; what is not above zero has no place on it') : t('Not by time of day')}
          onClick={() => onLook({ ...look, logX: !look.logX })}
        >
          {t('Log x')}
        </button>
      </span>
      <label className="ck-curve-clip" title={t('The y axis shows this part of the values; how many are outside stands on each chart')}>
        <span className="ck-dim">{t('Outliers')}</span>
        <select
          className="ck-field"
          aria-label={t('Outliers')}
          value={look.clip}
          onChange={(event) => onLook({ ...look, clip: Number(event.target.value) })}
        >
          {CLIPS.map((clip) => (
            <option key={clip} value={clip}>
              {clip === 0 ? t('all shown') : t('middle {n} %', { n: Math.round(clip * 100) })}
            </option>
          ))}
          {!CLIPS.includes(look.clip) && <option value={look.clip}>{t('middle {n} %', { n: Math.round(look.clip * 100) })}</option>}
        </select>
      </label>
    </div>
  );
}
