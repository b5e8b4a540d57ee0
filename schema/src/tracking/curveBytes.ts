/**
 * Curves as bytes: what `metrics.history` answers over HTTP to who accepts `CURVE_BYTES`, as the web UI does. 60,000 points of 200 runs
 * were 4.6 MB of JSON and are 2.4 MB of floats, which are used where they lie: the server wrote the one in 70 ms and writes the other in 3.
 *
 * The length of the head (uint32, little-endian), the head as JSON, zeros up to a multiple of 8, then for each curve of the head its
 * columns of float64, little-endian as in all that runs a browser or Node: steps, times, values, and where it is sampled min and max.
 */
export const CURVE_BYTES = 'application/vnd.cellkeep.curves';

/** One series in step order, in equally long columns; see `history`. */
export interface Curve {
  runId: string;
  key: string;
  steps: Float64Array;
  times: Float64Array;
  values: Float64Array;
  min?: Float64Array;
  max?: Float64Array;
  /** Points within the bounds. */
  total: number;
  sampled: boolean;
}

/** `n`: rows. */
type Head = Pick<Curve, 'runId' | 'key' | 'total' | 'sampled'> & { n: number; band: boolean };

const FLOAT = 8; // bytes
const LENGTH = 4; // bytes

export function encodeCurves(curves: readonly Curve[]): Uint8Array {
  const head: Head[] = curves.map(({ runId, key, total, sampled, steps, min, max }) => {
    return { runId, key, total, sampled, n: steps.length, band: Boolean(min && max) };
  });
  const text = new TextEncoder().encode(JSON.stringify(head));
  const columns = curves.flatMap(({ steps, times, values, min, max }) => [steps, times, values, ...(min && max ? [min, max] : [])]);
  let at = upToFloat(LENGTH + text.length);
  const bytes = new Uint8Array(at + columns.reduce((sum, { byteLength }) => sum + byteLength, 0));
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, LENGTH);
  for (const { buffer, byteOffset, byteLength } of columns) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return bytes;
}

/** The columns are views of `bytes`. */
export function decodeCurves(bytes: ArrayBuffer): Curve[] {
  const length = new DataView(bytes).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, LENGTH, length))) as Head[];
  let at = upToFloat(LENGTH + length);
  const column = (n: number) => {
    const floats = new Float64Array(bytes, at, n);
    at += n * FLOAT;
    return floats;
  };
  return head.map(({ n, band, ...rest }) => {
    const curve = { ...rest, steps: column(n), times: column(n), values: column(n) };
    return band ? { ...curve, min: column(n), max: column(n) } : curve;
  });
}

const upToFloat = (bytes: number) => Math.ceil(bytes / FLOAT) * FLOAT;
