import type { Run } from '@cellkeep/schema/tracking';
import { type ReactElement, useMemo } from 'react';
import { varyingParams } from '../../charts/fields.ts';
import { BoxPlot, ParallelCoordinates, ParamImportance, Scatter } from '../../charts/index.ts';
import { readRanges, writeRanges } from '../../charts/parallel/axes.ts';
import { useTranslate } from '../../host.ts';
import type { RunStyle } from '../../look/runColour.ts';
import type { UrlState } from './urlState.ts';

const KINDS = ['parallel', 'scatter', 'box', 'importance'] as const;
type Kind = (typeof KINDS)[number];

/** How params and metrics hang together over the compared runs; what is brushed here is chosen on the whole page. */
export function Relations({
  runs,
  styles,
  state,
  selected,
  onSelect,
  highlight,
  onHover,
}: {
  runs: readonly Run[];
  styles: ReadonlyMap<string, RunStyle>;
  state: UrlState;
  selected: ReadonlySet<string> | null;
  onSelect: (runIds: ReadonlySet<string> | null) => void;
  highlight: string | null;
  onHover: (runId: string | null) => void;
}): ReactElement | null {
  const t = useTranslate();
  const { get, set } = state;
  const kind: Kind = KINDS.find((one) => one === get('chart')) ?? 'parallel';
  const source = useMemo(() => ({ runs }), [runs]);
  const hasSomething = useMemo(() => runs.some(({ metrics }) => Object.keys(metrics).length > 0) || varyingParams(runs).length > 0, [runs]);
  if (!hasSomething) return null;
  const labels: Record<Kind, string> = {
    parallel: t('Parallel coordinates'),
    scatter: t('Scatter'),
    box: t('Box plot'),
    importance: t('Param importance'),
  };
  const common = { source, styles, selected, onSelect, highlight, onHover };
  const list = (name: string) => get(name)?.split('~').filter(Boolean).map(decoded);
  const flag = (name: string) => (get(name) === null ? undefined : get(name) === '1');
  return (
    <section className="ck-card ck-run-section ck-compare-relations" aria-label={t('Relations')}>
      <header>
        <h2>{t('Relations')}</h2>
        <fieldset className="ck-segments" aria-label={t('Kind of chart')}>
          {KINDS.map((one) => (
            <button key={one} type="button" aria-pressed={kind === one} onClick={() => set({ chart: one === 'parallel' ? null : one })}>
              {labels[one]}
            </button>
          ))}
        </fieldset>
      </header>
      {kind === 'parallel' && (
        <ParallelCoordinates
          {...common}
          options={known({
            axes: list('axes'),
            log: list('logs'),
            colour: get('pc') ?? undefined,
            ranges: readRanges(get('brush')),
          })}
          onOptions={({ axes, log, colour, ranges }) =>
            set({
              axes: axes ? axes.map(encodeURIComponent).join('~') : null,
              logs: log && log.length > 0 ? log.map(encodeURIComponent).join('~') : null,
              pc: colour ?? null,
              brush: ranges && Object.keys(ranges).length > 0 ? writeRanges(ranges) : null,
            })
          }
        />
      )}
      {kind === 'scatter' && (
        <Scatter
          {...common}
          options={known({
            x: get('sx') ?? undefined,
            y: get('sy') ?? undefined,
            colour: get('sc') ?? undefined,
            size: get('ss') ?? undefined,
            logX: flag('slx'),
            logY: flag('sly'),
          })}
          onOptions={({ x, y, colour, size, logX, logY }) =>
            set({ sx: x ?? null, sy: y ?? null, sc: colour || null, ss: size || null, slx: logX ? '1' : null, sly: logY ? '1' : null })
          }
        />
      )}
      {kind === 'box' && (
        <BoxPlot
          {...common}
          options={known({ metric: get('bm') ?? undefined, by: get('bb') ?? undefined, log: flag('bl') })}
          onOptions={({ metric, by, log }) => set({ bm: metric ?? null, bb: by ?? null, bl: log ? '1' : null })}
        />
      )}
      {kind === 'importance' && (
        <ParamImportance
          {...common}
          options={known({ metric: get('im') ?? undefined })}
          onOptions={({ metric }) => set({ im: metric ?? null })}
        />
      )}
    </section>
  );
}

/** Without what is not said, so that a chart's own choice stands. */
const known = <T extends object>(options: T) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // an address that was cut in the middle of a letter
  }
}
