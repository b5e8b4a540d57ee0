import { type ReactElement, useEffect, useState } from 'react';
import { useTranslate } from '../host.ts';
import { type CurveLook, plainLook } from './CurvePanel.tsx';
import type { XAxis } from './shape.ts';

const STORED = 'cellkeep.curves';

/** How the person last looked at curves, in every view and after a reload. */
export function useCurveLook(): [CurveLook, (look: CurveLook) => void] {
  const [look, setLook] = useState<CurveLook>(() => {
    try {
      return { ...plainLook, ...(JSON.parse(localStorage.getItem(STORED) ?? '{}') as Partial<CurveLook>) };
    } catch {
      return plainLook; // storage is off, or holds what another version wrote
    }
  });
  useEffect(() => {
    try {
      localStorage.setItem(STORED, JSON.stringify(look));
    } catch {
      // Storage is off: the look lasts as long as the page.
    }
  }, [look]);
  return [look, setLook];
}

export function CurveControls({ look, onLook }: { look: CurveLook; onLook: (look: CurveLook) => void }): ReactElement {
  const t = useTranslate();
  const axes: [XAxis, string, string][] = [
    ['step', t('Step'), t('By step')],
    ['relative', t('Relative'), t('By time since the run started')],
    ['time', t('Time'), t('By time of day')],
  ];
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
          min={0}
          max={0.99}
          step={0.01}
          value={look.smoothing}
          onChange={(event) => onLook({ ...look, smoothing: Number(event.target.value) })}
        />
        <output className="ck-num">{look.smoothing.toFixed(2)}</output>
      </label>
      <button type="button" className="ck-btn ck-toggle" aria-pressed={look.log} onClick={() => onLook({ ...look, log: !look.log })}>
        {t('Log')}
      </button>
    </div>
  );
}
