/** Lines, their bands and lone points on a canvas. 200 lines of 600 points take about as long as one frame. */
import type { Curve } from './curve.ts';
import type { Line } from './shape.ts';

export interface Drawn extends Curve {
  /** The curve's colour, no longer a variable: a canvas knows none. */
  stroke: string;
}

export interface Scales {
  log: boolean;
  logX: boolean;
  x: [number, number];
  y: [number, number];
}

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Opacity of what does not stand out. */
const BEHIND = 0.18;
const RAW = 0.25;
/** Above this many lines each is a hair thinner, so that a bundle still has a shape. */
const CROWD = 40;

export function drawLines(ctx: CanvasRenderingContext2D, box: Box, curves: readonly Drawn[], scales: Scales, focused: string | null): void {
  const ratio = devicePixelRatio || 1;
  const place = placeIn(box, scales);
  ctx.save();
  ctx.beginPath();
  ctx.rect(box.left, box.top, box.width, box.height);
  ctx.clip();
  ctx.lineJoin = 'round';
  const width = (curves.length > CROWD ? 1.1 : 1.5) * ratio;
  for (const curve of inOrder(curves, focused)) {
    const isFocused = curve.runId === focused;
    const strength = isFocused || (!curve.isFaded && focused === null) ? 1 : BEHIND;
    ctx.strokeStyle = curve.stroke;
    ctx.fillStyle = curve.stroke;
    if (curve.line.low && curve.line.high) {
      ctx.globalAlpha = 0.16 * strength;
      ctx.fill(bandOf(curve.line, place));
    }
    ctx.setLineDash([]);
    if (curve.raw) {
      ctx.globalAlpha = RAW * strength;
      ctx.lineWidth = ratio;
      ctx.stroke(pathOf(curve.raw, place));
    }
    ctx.globalAlpha = strength;
    ctx.lineWidth = isFocused ? width * 1.7 : width;
    ctx.setLineDash((curve.dash ?? []).map((length) => length * ratio));
    ctx.stroke(pathOf(curve.line, place));
    ctx.setLineDash([]);
    for (const [x, y] of lonePoints(curve.line)) {
      ctx.beginPath();
      ctx.arc(place.x(x), place.y(y), 2.5 * ratio, 0, 2 * Math.PI);
      ctx.fill();
    }
  }
  ctx.restore();
}

/** What stands out is drawn last. */
function inOrder(curves: readonly Drawn[], focused: string | null): Drawn[] {
  const rank = (curve: Drawn) => (curve.runId === focused ? 2 : curve.isFaded ? 0 : 1);
  return [...curves].sort((a, b) => rank(a) - rank(b));
}

interface Place {
  x: (value: number) => number;
  y: (value: number) => number;
}

function placeIn(box: Box, { x, y, log, logX }: Scales): Place {
  const along = (log: boolean, [min, max]: [number, number], from: number, length: number) => {
    const at = log ? Math.log10 : (value: number) => value;
    const start = at(min);
    const scale = length / (at(max) - start || 1);
    return (value: number) => from + (at(value) - start) * scale;
  };
  return { x: along(logX, x, box.left, box.width), y: along(log, y, box.top + box.height, -box.height) };
}

function pathOf({ x, y }: Line, place: Place): Path2D {
  const path = new Path2D();
  let isOpen = false;
  for (let i = 0; i < x.length; i++) {
    const value = y[i];
    if (value == null) {
      isOpen = false;
      continue;
    }
    const [left, top] = [place.x(x[i] as number), place.y(value)];
    if (isOpen) path.lineTo(left, top);
    else path.moveTo(left, top);
    isOpen = true;
  }
  return path;
}

function bandOf({ x, low = [], high = [] }: Line, place: Place): Path2D {
  const path = new Path2D();
  for (const [from, to] of stretches(low, high)) {
    for (let i = from; i < to; i++) path[i === from ? 'moveTo' : 'lineTo'](place.x(x[i] as number), place.y(high[i] as number));
    for (let i = to - 1; i >= from; i--) path.lineTo(place.x(x[i] as number), place.y(low[i] as number));
    path.closePath();
  }
  return path;
}

/** From … to where both bounds are known. */
export function stretches(low: readonly (number | null)[], high: readonly (number | null)[]): [number, number][] {
  const found: [number, number][] = [];
  let from = -1;
  for (let i = 0; i <= low.length; i++) {
    const isThere = i < low.length && low[i] != null && high[i] != null;
    if (isThere && from < 0) from = i;
    if (isThere || from < 0) continue;
    found.push([from, i]);
    from = -1;
  }
  return found;
}

/** Points with a gap on both sides have no line; each is a dot. */
export function lonePoints({ x, y }: Line): [number, number][] {
  const lone: [number, number][] = [];
  for (let i = 0; i < x.length; i++) {
    const value = y[i];
    if (value != null && y[i - 1] == null && y[i + 1] == null) lone.push([x[i] as number, value]);
  }
  return lone;
}
