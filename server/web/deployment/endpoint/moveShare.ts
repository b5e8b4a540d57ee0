/** One share becomes `to`; the others give or take in proportion to what they have, so that all of them are 1 together. */
export function moveShare(weights: Readonly<Record<string, number>>, id: string, to: number): Record<string, number> {
  const others = Object.keys(weights).filter((one) => one !== id);
  const share = round(to);
  const had = others.reduce((sum, one) => sum + (weights[one] ?? 0), 0);
  const next: Record<string, number> = { [id]: share };
  // Where each of them ends is rounded, not what each has: rounded shares could be more than the rest together.
  let [part, end] = [0, 0];
  others.forEach((one, i) => {
    part += had > 0 ? (weights[one] ?? 0) / had : 1 / others.length;
    const until = i === others.length - 1 ? round(1 - share) : round((1 - share) * Math.min(part, 1));
    next[one] = round(Math.max(0, until - end));
    end = until;
  });
  return next;
}

const round = (share: number) => Math.round(share * 1e6) / 1e6;
