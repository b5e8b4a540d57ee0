import type { ReactElement } from 'react';
import { exactTime, formatDuration, groupThousands } from '../look/format.ts';
import type { Curve } from './curve.ts';
import { valueAt } from './nearestCurve.ts';
import { nearest, type XAxis } from './shape.ts';

export interface TooltipAt {
  x: number;
  left: number;
  top: number;
  /** The run that is meant; null: none in particular. */
  runId: string | null;
}

const MOST_ROWS = 12;

export interface Reading {
  where: string;
  rows: { id: string; label: string; colour: string; value: number }[];
}

/** What the curves are worth at x, greatest first; the one that is meant is always among the first. */
export function readingAt(curves: readonly Curve[], at: TooltipAt, xAxis: XAxis, most = MOST_ROWS): Reading | null {
  let where: number | null = null;
  const rows = curves.flatMap((curve) => {
    if (curve.isFaded || valueAt(curve.line, at.x) === null) return [];
    const index = nearest(curve.line.x, at.x);
    const value = index === null ? null : curve.line.y[index];
    if (value == null || index === null) return [];
    if (where === null || curve.runId === at.runId) where = curve.line.x[index] ?? null;
    return [{ id: curve.runId, label: curve.label, colour: curve.colour, value }];
  });
  if (where === null) return null;
  rows.sort((a, b) => b.value - a.value);
  const meant = rows.findIndex(({ id }) => id === at.runId);
  // Of many lines those around the one that is meant say more than the greatest.
  const from = meant < most ? 0 : Math.min(meant - Math.floor(most / 2), rows.length - most);
  return { where: xText(where, xAxis), rows: [...rows.slice(from), ...rows.slice(0, from)] };
}

function xText(x: number, xAxis: XAxis): string {
  if (xAxis === 'step') return groupThousands(Math.round(x));
  return xAxis === 'time' ? exactTime(x * 1000) : formatDuration(x * 1000);
}

export function Tooltip({
  at,
  curves,
  format,
  xAxis,
  height,
}: {
  at: TooltipAt;
  curves: readonly Curve[];
  format: (value: number) => string;
  xAxis: XAxis;
  /** Of the plot: no longer than that, or it covers what is below. */
  height: number;
}): ReactElement | null {
  const most = Math.max(3, Math.min(MOST_ROWS, Math.floor((height - 44) / 16)));
  const reading = readingAt(curves, at, xAxis, most);
  if (!reading) return null;
  const { where, rows } = reading;
  return (
    <div
      className="ck-tooltip"
      style={at.left > 160 ? { right: `calc(100% - ${at.left + 34}px)` } : { left: at.left + 62 }}
      aria-hidden="true"
    >
      <b>{where}</b>
      {rows.slice(0, most).map(({ id, label, colour, value }) => (
        <div key={id} data-meant={id === at.runId && rows.length > 1 ? '' : undefined}>
          <i style={{ background: colour }} />
          <span>{label}</span>
          <b>{format(value)}</b>
        </div>
      ))}
      {rows.length > most && <div className="ck-faint">+{rows.length - most}</div>}
    </div>
  );
}
