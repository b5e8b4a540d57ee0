import type { VerifyOptions } from '@cellkeep/schema/design';
import { type ReactElement, useId, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';

/** As the server's own. */
export const defaultsOf = (): VerifyOptions => ({
  how: 'order',
  tolerances: { relative: 1e-9, absolute: 0, metrics: {}, images: 0.02 },
  timeoutSeconds: 3_600,
  reuseEnvironment: true,
});

/** How a run is verified: what is executed, and how far a value may be from what it was. */
export function OptionsForm({
  options,
  metrics,
  onChange,
}: {
  options: VerifyOptions;
  metrics: readonly string[];
  onChange: (options: VerifyOptions) => void;
}): ReactElement {
  const t = useTranslate();
  const { tolerances } = options;
  const tolerate = (change: Partial<VerifyOptions['tolerances']>) => onChange({ ...options, tolerances: { ...tolerances, ...change } });
  const free = metrics.filter((metric) => !Object.hasOwn(tolerances.metrics, metric));
  return (
    <div className="ck-nb-options">
      <fieldset className="ck-segments" aria-label={t('What is executed')}>
        {(['order', 'slice'] as const).map((how) => (
          <button key={how} type="button" aria-pressed={options.how === how} onClick={() => onChange({ ...options, how })}>
            {how === 'order' ? t('All, in order') : t('Only its slice')}
          </button>
        ))}
      </fieldset>
      <details>
        <summary>{t('Tolerances')}</summary>
        <NumberField label={t('Relative')} value={tolerances.relative} onValue={(relative) => tolerate({ relative })} />
        <NumberField label={t('Absolute')} value={tolerances.absolute} onValue={(absolute) => tolerate({ absolute })} />
        <NumberField label={t('Images (0 … 1)')} value={tolerances.images} most={1} onValue={(images) => tolerate({ images })} />
        {Object.entries(tolerances.metrics).map(([metric, own]) => (
          <div key={metric} className="ck-nb-own">
            <NumberField
              label={t('{metric}, relative', { metric })}
              value={own.relative}
              onValue={(relative) => tolerate({ metrics: { ...tolerances.metrics, [metric]: { ...own, relative } } })}
            />
            <button
              type="button"
              className="ck-icon-btn"
              aria-label={t('As all others: {metric}', { metric })}
              onClick={() =>
                tolerate({ metrics: Object.fromEntries(Object.entries(tolerances.metrics).filter(([key]) => key !== metric)) })
              }
            >
              <Icon name="close" size={12} />
            </button>
          </div>
        ))}
        {free.length > 0 && (
          <select
            className="ck-field"
            aria-label={t('A metric with a tolerance of its own')}
            value=""
            onChange={({ target: { value } }) => tolerate({ metrics: { ...tolerances.metrics, [value]: { relative: 0.01, absolute: 0 } } })}
          >
            <option value="" disabled>
              {t('For one metric…')}
            </option>
            {free.map((metric) => (
              <option key={metric}>{metric}</option>
            ))}
          </select>
        )}
        <NumberField
          label={t('At most, in minutes')}
          value={options.timeoutSeconds / 60}
          most={7 * 24 * 60}
          onValue={(minutes) => onChange({ ...options, timeoutSeconds: Math.max(1, Math.round(minutes * 60)) })}
        />
        <label className="ck-nb-check">
          <input
            type="checkbox"
            checked={options.reuseEnvironment}
            onChange={({ target }) => onChange({ ...options, reuseEnvironment: target.checked })}
          />
          {t('Use an equal environment where there is one')}
        </label>
      </details>
    </div>
  );
}

/** What is typed stays as it is typed; it counts once it is a number that may be. */
function NumberField({
  label,
  value,
  most = 1e6,
  onValue,
}: {
  label: string;
  value: number;
  most?: number;
  onValue: (value: number) => void;
}): ReactElement {
  const id = useId();
  const [text, setText] = useState(String(value));
  const isGood = (said: string) => said.trim() !== '' && Number(said) >= 0 && Number(said) <= most;
  return (
    <div className="ck-nb-number">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="ck-field ck-mono"
        inputMode="decimal"
        value={text}
        aria-invalid={!isGood(text)}
        onChange={({ target: { value: said } }) => {
          setText(said);
          if (isGood(said)) onValue(Number(said));
        }}
        onBlur={() => setText(String(value))}
      />
    </div>
  );
}
