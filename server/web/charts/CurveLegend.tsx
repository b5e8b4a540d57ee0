import { type ReactElement, useState } from 'react';
import { useTranslate } from '../host.ts';
import { Icon } from '../look/icons.tsx';
import type { RunStyle } from '../look/runColour.ts';
import { ViewLink } from '../look/ViewLink.tsx';
import type { CurveRun } from './drawCurves.ts';
import { Swatch } from './Swatch.tsx';

/** More names than this are no longer read one by one: then a name is typed instead. */
const MOST_NAMES = 16;

export function CurveLegend({
  runs,
  styles,
  highlight,
  onHighlight,
}: {
  runs: readonly CurveRun[];
  styles: ReadonlyMap<string, RunStyle>;
  highlight: string | null;
  onHighlight: (runId: string | null) => void;
}): ReactElement {
  const t = useTranslate();
  const [typed, setTyped] = useState('');
  const isLong = runs.length > MOST_NAMES;
  const wanted = typed.trim().toLowerCase();
  const found = isLong ? (wanted ? runs.filter(({ name }) => name.toLowerCase().includes(wanted)) : runs) : runs;
  // The one under the pointer is told, wherever it stands in the list.
  const shown = [...new Set([...runs.filter(({ id }) => isLong && id === highlight), ...found])].slice(0, MOST_NAMES);
  return (
    <div className="ck-curve-legend">
      {isLong && (
        <label className="ck-query ck-run-search">
          <Icon name="search" size={13} />
          <input
            type="search"
            value={typed}
            aria-label={t('Find one of {n} runs', { n: runs.length })}
            placeholder={t('Find one of {n} runs', { n: runs.length })}
            onChange={(event) => setTyped(event.target.value)}
          />
        </label>
      )}
      <ul aria-label={t('Runs')}>
        {shown.map(({ id, name }) => (
          <li
            key={id}
            data-lit={id === highlight ? '' : undefined}
            onMouseEnter={() => onHighlight(id)}
            onMouseLeave={() => onHighlight(null)}
            onFocus={() => onHighlight(id)}
            onBlur={() => onHighlight(null)}
          >
            <Swatch style={styles.get(id)} />
            <ViewLink to={{ view: 'run', id }} className="ck-run-name" title={name}>
              {name}
            </ViewLink>
          </li>
        ))}
        {found.length > shown.length && <li className="ck-faint">{t('and {n} more', { n: found.length - shown.length })}</li>}
        {found.length === 0 && <li className="ck-faint">{t('No run has this in its name.')}</li>}
      </ul>
    </div>
  );
}
