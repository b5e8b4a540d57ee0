/** What stands around each chart that is no curve: its name, its menu, what it leaves out, and the same as a table. */
import { type ReactElement, type ReactNode, type RefObject, useRef, useState } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { Icon } from '../look/icons.tsx';
import { MenuButton } from '../look/Menu.tsx';
import { errorText } from '../look/states.tsx';
import type { Colouring } from './colours.ts';
import { DataTable } from './DataTable.tsx';
import { type Cell, csvOf, fileName, pngOf, saveFile, saveText, svgOf } from './exportFiles.ts';
import { useFullScreen } from './useFullScreen.ts';

export interface ChartData {
  columns: readonly string[];
  rows: readonly { key: string; runId?: string; cells: readonly Cell[] }[];
}

export interface ChartFrameProps {
  title: string;
  /** What the picture says, in a sentence, for who does not see it. */
  summary: string;
  controls?: ReactNode;
  notes?: readonly (string | false | null | undefined)[];
  data: ChartData;
  /** Holds the one SVG that is the chart. */
  drawing: RefObject<HTMLElement | null>;
  colouring?: Colouring | null;
  children: ReactNode;
}

export function ChartFrame({ title, summary, controls, notes = [], data, drawing, colouring, children }: ChartFrameProps): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const frame = useRef<HTMLElement>(null);
  const [isTable, setTable] = useState(false);
  const [isFull, toggleFull] = useFullScreen(frame);
  const drawn = () => drawing.current?.querySelector<SVGSVGElement>('svg[data-chart], .ck-chart-drawing > svg');
  const save = async (kind: 'png' | 'svg' | 'csv') => {
    const name = fileName(title, kind);
    try {
      if (kind === 'csv')
        return saveText(
          name,
          csvOf(
            ['run_id', ...data.columns],
            data.rows.map(({ runId = null, cells }) => [runId, ...cells]),
          ),
          'text/csv',
        );
      const element = drawn();
      if (!element || !frame.current) return;
      const { svg, width, height } = svgOf(element, getComputedStyle(frame.current).backgroundColor);
      if (kind === 'svg') saveText(name, svg, 'image/svg+xml');
      else saveFile(name, await pngOf(svg, width, height));
    } catch (error) {
      host.notify(errorText(error, t), 'error');
    }
  };
  const said = notes.filter(Boolean);
  return (
    <figure ref={frame} className="ck-chart" aria-label={title} data-full={isFull ? '' : undefined}>
      <figcaption>
        <span className="ck-curve-title" title={title}>
          {title}
        </span>
        <span className="ck-grow" />
        <MenuButton
          label={t('More for {metric}', { metric: title })}
          className="ck-icon-btn"
          align="end"
          items={() => [
            { label: t('Full screen'), checked: isFull, onSelect: toggleFull },
            { label: t('As a table'), checked: isTable, onSelect: () => setTable(!isTable) },
            null,
            { label: t('Save as PNG'), icon: 'download', disabled: !drawn(), onSelect: () => void save('png') },
            { label: t('Save as SVG'), icon: 'download', disabled: !drawn(), onSelect: () => void save('svg') },
            { label: t('Save data as CSV'), icon: 'download', disabled: data.rows.length === 0, onSelect: () => void save('csv') },
          ]}
        >
          <Icon name="more" size={14} />
        </MenuButton>
      </figcaption>
      {controls && <div className="ck-chart-controls">{controls}</div>}
      <span className="ck-spoken">{summary}</span>
      {isTable ? <DataTable label={t('{metric}, table', { metric: title })} {...data} /> : children}
      {!isTable && colouring && colouring.legend.length > 0 && <ColourLegend colouring={colouring} />}
      {said.length > 0 && <p className="ck-chart-notes ck-faint">{said.join(' · ')}</p>}
    </figure>
  );
}

const MOST_WORDS = 16;

function ColourLegend({ colouring: { legend, isRamp } }: { colouring: Colouring }): ReactElement {
  const [first, last] = [legend[0], legend.at(-1)];
  if (isRamp && first && last)
    return (
      <p className="ck-chart-legend">
        {first.label}
        <i className="ck-chart-ramp" style={{ background: `linear-gradient(to right, ${first.colour}, ${last.colour})` }} />
        {last.label}
      </p>
    );
  return (
    <ul className="ck-chart-legend">
      {legend.slice(0, MOST_WORDS).map(({ label, colour }) => (
        <li key={label}>
          <i style={{ background: colour }} /> {label}
        </li>
      ))}
      {legend.length > MOST_WORDS && <li className="ck-faint">+{legend.length - MOST_WORDS}</li>}
    </ul>
  );
}
