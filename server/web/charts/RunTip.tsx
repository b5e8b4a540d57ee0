import type { ReactElement } from 'react';

/** What a mark of a run is worth, beside it. */
export function RunTip({
  left,
  top,
  width,
  name,
  colour,
  rows,
}: {
  left: number;
  top: number;
  /** Of the chart: the tip opens to the side where there is room. */
  width: number;
  name: string;
  colour: string;
  rows: readonly (readonly [string, string])[];
}): ReactElement {
  const isRight = left > width / 2;
  return (
    <>
      <i className="ck-chart-ring" style={{ left, top, borderColor: colour }} aria-hidden="true" />
      <div
        className="ck-tooltip"
        style={{ top: Math.max(0, top - 30), ...(isRight ? { right: width - left + 14 } : { left: left + 14 }) }}
        aria-hidden="true"
      >
        <div>
          <i style={{ background: colour }} />
          <span>
            <b>{name}</b>
          </span>
        </div>
        {rows.map(([label, value]) => (
          <div key={label}>
            <span>{label}</span>
            <b>{value}</b>
          </div>
        ))}
      </div>
    </>
  );
}
