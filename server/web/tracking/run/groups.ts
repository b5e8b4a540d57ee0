/** Metrics by what stands before their first slash: `train/loss` and `train/auc` are one group. */
export interface MetricGroup {
  /** Empty: metrics without a slash. */
  prefix: string;
  metrics: string[];
}

export function groupByPrefix(metrics: readonly string[]): MetricGroup[] {
  const groups = new Map<string, string[]>();
  for (const metric of metrics) {
    const slash = metric.indexOf('/');
    const prefix = slash > 0 ? metric.slice(0, slash) : '';
    const group = groups.get(prefix);
    if (group) group.push(metric);
    else groups.set(prefix, [metric]);
  }
  return [...groups]
    .map(([prefix, members]) => ({ prefix, metrics: members.sort(byName) }))
    .sort((a, b) => Number(a.prefix !== '') - Number(b.prefix !== '') || byName(a.prefix, b.prefix));
}

/** `layer_2` before `layer_10`. */
export const byName = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** Those that hold every word that was typed, in any order. */
export function matching(names: readonly string[], typed: string): string[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return names.filter((name) => words.every((word) => name.toLowerCase().includes(word)));
}
