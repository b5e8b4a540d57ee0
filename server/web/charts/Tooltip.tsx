import type { ReactElement } from 'react';
import { exactTime, formatDuration, groupThousands } from '../look/format.ts';
import type { Curve } from './plot.ts';
import { nearest, type XAxis } from './shape.ts';

export interface TooltipAt {
  x: number;
  left: number;
  top: number;
}

const MOST_ROWS = 12;

/** What the curves are worth at the cursor, greatest first. */
export function Tooltip({
  at,
  curves,
  format,
  xAxis,
}: {
  at: TooltipAt;
  curves: readonly Curve[];
  format: (value: number) => string;
  xAxis: XAxis;
}): ReactElement | null {
  const rows = curves.flatMap((curve) => {
    const index = nearest(curve.line.x, at.x);
    const value = index === null ? null : curve.line.y[index];
    if (value == null || index === null) return [];
    // A run that ended long before the cursor has no value there.
    const x = curve.line.x[index] ?? 0;
    const end = curve.line.x.at(-1) ?? 0;
    const start = curve.line.x[0] ?? 0;
    if ((at.x > end || at.x < start) && Math.abs(x - at.x) > Math.max(1, (end - start) * 0.02)) return [];
    return [{ id: curve.runId, label: curve.label, colour: curve.colour, value, x }];
  });
  const [first] = rows;
  if (!first) return null;
  rows.sort((a, b) => b.value - a.value);
  const where =
    xAxis === 'step' ? groupThousands(Math.round(first.x)) : xAxis === 'time' ? exactTime(first.x * 1000) : formatDuration(first.x * 1000);
  return (
    <div
      className="ck-tooltip"
      style={at.left > 160 ? { right: `calc(100% - ${at.left + 34}px)` } : { left: at.left + 62 }}
      aria-hidden="true"
    >
      <b>{where}</b>
      {rows.slice(0, MOST_ROWS).map(({ id, label, colour, value }) => (
        <div key={id}>
          <i style={{ background: colour }} />
          <span>{label}</span>
          <b>{format(value)}</b>
        </div>
      ))}
      {rows.length > MOST_ROWS && <div className="ck-faint">+{rows.length - MOST_ROWS}</div>}
    </div>
  );
}
