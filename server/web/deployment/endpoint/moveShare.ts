/** One share becomes `to`; the others give or take in proportion to what they have, so that all of them are 1 together. */
export function moveShare(weights: Readonly<Record<string, number>>, id: string, to: number): Record<string, number> {
  const others = Object.keys(weights).filter((one) => one !== id);
  const rest = 1 - to;
  const had = others.reduce((sum, one) => sum + (weights[one] ?? 0), 0);
  const next: Record<string, number> = { [id]: to };
  for (const one of others) next[one] = round(had > 0 ? ((weights[one] ?? 0) / had) * rest : rest / others.length);
  // What rounding took or gave is the last one's.
  const last = others.at(-1);
  if (last) next[last] = round(Math.max(0, 1 - to - others.slice(0, -1).reduce((sum, one) => sum + (next[one] ?? 0), 0)));
  return next;
}

const round = (share: number) => Math.round(share * 1e6) / 1e6;
