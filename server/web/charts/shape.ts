/** From a series to what is drawn: the x that the person chose, smoothed where wished, no more points than the picture has pixels for. */
import type { Series } from '../live/series.ts';

export type XAxis = 'step' | 'time' | 'relative';

export interface Line {
  x: number[];
  /** Null leaves a gap: NaN, infinite, or not positive on a log axis. */
  y: (number | null)[];
  low?: (number | null)[];
  high?: (number | null)[];
}

export interface Shape {
  xAxis: XAxis;
  /** 0 … 0.99: weight of what came before. */
  smoothing: number;
  log: boolean;
  /** On a log x axis what is not positive has no place. */
  logX?: boolean;
  /** Buckets that the points are drawn in, about one a pixel. */
  buckets: number;
  startedAt: number;
  /** The part of x that is shown: it alone is drawn, with a neighbour on each side so that lines go on to the edge. */
  window?: [number, number] | null;
}

/** The curve as it is drawn. Time axes are in seconds, as uPlot's are. */
export function shapeLine(series: Series, shape: Shape, smoothed: boolean): Line {
  const x = xValues(series, shape);
  const values = series.values.subarray(0, series.length);
  const y = smoothed && shape.smoothing > 0 ? smooth(values, shape.smoothing) : values;
  return decimate(x, y, shape, series.sampled && !smoothed ? series : null);
}

/** In the unit of the axis. */
export function xValues(series: Series, { xAxis, startedAt }: Pick<Shape, 'xAxis' | 'startedAt'>): Float64Array {
  const { steps, times, length } = series;
  if (xAxis === 'step') return steps.subarray(0, length);
  const from = xAxis === 'relative' ? startedAt : 0;
  return times.subarray(0, length).map((time) => (time - from) / 1000);
}

/**
 * Exponential moving average, each value divided by the sum of its weights, so that the start is not pulled to zero (the bias correction
 * of Adam: Kingma and Ba 2015, section 3). What is not finite is left out and left as it is.
 */
export function smooth(values: Float64Array, weight: number): Float64Array {
  const out = new Float64Array(values.length);
  let mean = 0;
  let weights = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value)) {
      out[i] = value;
      continue;
    }
    mean = mean * weight + value * (1 - weight);
    weights = weights * weight + (1 - weight);
    out[i] = mean / weights;
  }
  return out;
}

/**
 * At most four points a bucket: first, least, greatest, last. A peak one point wide stays; what lies between cannot be told apart at
 * this width. X need not be sorted (clocks run backwards); then it is sorted first.
 */
export function decimate(
  xs: Float64Array,
  ys: Float64Array,
  { buckets, log, logX = false, window = null }: Pick<Shape, 'buckets' | 'log' | 'logX' | 'window'>,
  band: Pick<Series, 'low' | 'high'> | null = null,
): Line {
  const order = sortedOrder(xs);
  const at = (place: number) => (order ? (order[place] ?? 0) : place);
  const [first, end] = partOf(xs, at, window, logX);
  const n = end - first;
  const drawn = (value: number) => (Number.isFinite(value) && !(log && value <= 0) ? value : null);
  const line: Line = band ? { x: [], y: [], low: [], high: [] } : { x: [], y: [] };
  let lastX: number | null = null;
  const take = (i: number) => {
    const x = xs[i] ?? 0;
    const row = [drawn(ys[i] ?? Number.NaN), band && drawn(band.low[i] ?? Number.NaN), band && drawn(band.high[i] ?? Number.NaN)];
    // Of points at one x the last counts.
    if (x === lastX) {
      line.x.pop();
      line.y.pop();
      line.low?.pop();
      line.high?.pop();
    }
    lastX = x;
    line.x.push(x);
    line.y.push(row[0] ?? null);
    line.low?.push(row[1] ?? null);
    line.high?.push(row[2] ?? null);
  };
  if (n <= buckets * 4) {
    for (let place = first; place < end; place++) take(at(place));
    return line;
  }
  const width = n / buckets;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = first + Math.floor(bucket * width);
    const to = Math.min(end, first + Math.floor((bucket + 1) * width));
    let least = from;
    let greatest = from;
    for (let place = from + 1; place < to; place++) {
      const value = ys[at(place)] ?? Number.NaN;
      if (!(value >= (ys[at(least)] ?? Number.NaN))) least = Number.isFinite(value) ? place : least;
      if (!(value <= (ys[at(greatest)] ?? Number.NaN))) greatest = Number.isFinite(value) ? place : greatest;
    }
    for (const place of [...new Set([from, Math.min(least, greatest), Math.max(least, greatest), to - 1])].sort((a, b) => a - b))
      take(at(place));
  }
  return line;
}

/** Places, in the order of x, that are to be drawn. */
function partOf(xs: Float64Array, at: (place: number) => number, window: [number, number] | null, logX: boolean): [number, number] {
  const n = xs.length;
  const firstAbove = (limit: number, orEqual: boolean) => {
    let [low, high] = [0, n];
    while (low < high) {
      const middle = (low + high) >> 1;
      const x = xs[at(middle)] ?? 0;
      if (x > limit || (orEqual && x === limit)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  const least = logX ? firstAbove(0, false) : 0;
  if (!window) return [least, n];
  return [Math.max(least, firstAbove(window[0], true) - 1), Math.min(n, firstAbove(window[1], false) + 1)];
}

function sortedOrder(xs: Float64Array): Uint32Array | null {
  let isSorted = true;
  for (let i = 1; i < xs.length && isSorted; i++) isSorted = (xs[i] ?? 0) >= (xs[i - 1] ?? 0);
  if (isSorted) return null;
  return Uint32Array.from(xs.keys()).sort((a, b) => (xs[a] ?? 0) - (xs[b] ?? 0) || a - b);
}

/** Index of the x nearest to the wanted one; null where there is none. */
export function nearest(xs: readonly number[], wanted: number): number | null {
  if (xs.length === 0) return null;
  let low = 0;
  let high = xs.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((xs[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low > 0 && wanted - (xs[low - 1] ?? 0) <= (xs[low] ?? 0) - wanted ? low - 1 : low;
}
