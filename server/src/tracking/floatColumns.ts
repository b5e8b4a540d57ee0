/** Columns of numbers as Postgres sends them in binary. */

/** dimensions, flags, type, length, lower bound: 4 bytes each */
const HEAD = 20;
/** length 4, value 8 */
const ITEM = 12;

/** What `array_send(array_agg(… ::float8))` says, of an array without nulls. */
export function floatsOf(sent: Buffer): Float64Array {
  const n = sent.length < HEAD ? 0 : sent.readInt32BE(12);
  const floats = new Float64Array(n);
  for (let i = 0; i < n; i++) floats[i] = sent.readDoubleBE(HEAD + i * ITEM + 4);
  return floats;
}
