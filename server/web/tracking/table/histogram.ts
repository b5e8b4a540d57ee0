/** How values spread, in bins of equal width. */
export interface Bin {
  from: number;
  to: number;
  count: number;
}

export interface Counted {
  value: number;
  count: number;
}

/** Empty where nothing is finite. The last bin holds its upper end. */
export function binsOf(values: readonly Counted[], most = 24): Bin[] {
  const finite = values.filter(({ value }) => Number.isFinite(value));
  if (finite.length === 0) return [];
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { value } of finite) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const total = finite.reduce((sum, { count }) => sum + count, 0);
  if (low === high) return [{ from: low, to: high, count: total }];
  const n = Math.max(2, Math.min(most, finite.length));
  const width = high / n - low / n; // a difference of two of the greatest floats is none
  const bins = Array.from({ length: n }, (_, i) => ({ from: low + i * width, to: i === n - 1 ? high : low + (i + 1) * width, count: 0 }));
  for (const { value, count } of finite) {
    const bin = bins[Math.min(n - 1, Math.floor(value / width - low / width))];
    if (bin) bin.count += count;
  }
  return bins;
}
