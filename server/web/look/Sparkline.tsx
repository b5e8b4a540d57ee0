import { memo, type ReactElement } from 'react';

/** A curve the size of a word. Not finite values leave a gap. */
export const Sparkline = memo(function Sparkline({
  values,
  colour = 'currentColor',
  width = 56,
  height = 16,
}: {
  values: readonly number[];
  colour?: string;
  width?: number;
  height?: number;
}): ReactElement {
  return (
    <svg className="ck-spark" width={width} height={height} viewBox={`0 -1.5 ${width} ${height + 3}`} aria-hidden="true" focusable="false">
      <path d={sparkPath(values, width, height)} style={{ stroke: colour }} />
    </svg>
  );
});

export function sparkPath(values: readonly number[], width: number, height: number): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return '';
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  const range = high - low || 1;
  let path = '';
  let pen = 'M';
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) {
      pen = 'M';
      return;
    }
    const x = values.length > 1 ? (i / (values.length - 1)) * width : width / 2;
    const y = high === low ? height / 2 : height - ((value - low) / range) * height;
    path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = 'L';
  });
  // One point alone has no length; a dash of it can be seen.
  return finite.length === 1 ? `${path}h0.01` : path;
}
