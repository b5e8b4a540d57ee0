export interface Quartiles {
  n: number;
  least: number;
  lower: number;
  middle: number;
  upper: number;
  greatest: number;
}

/** Five numbers of a group (Hyndman and Fan 1996, type 7: what numpy and R take when nothing is said). Null of no values. */
export function quartilesOf(values: readonly number[]): Quartiles | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number) => {
    const place = (sorted.length - 1) * part;
    const below = sorted[Math.floor(place)] as number;
    const above = sorted[Math.ceil(place)] as number;
    return below + (above - below) * (place - Math.floor(place));
  };
  return { n: sorted.length, least: at(0), lower: at(0.25), middle: at(0.5), upper: at(0.75), greatest: at(1) };
}
