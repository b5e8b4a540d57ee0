/** Runs in groups by one field, and what a metric is worth in each. */
import type { Column } from './fields.ts';
import { type Quartiles, quartilesOf } from './quartiles.ts';
import { valueText } from './valueText.ts';

export interface BoxGroup {
  label: string;
  /** Places of the runs. */
  members: number[];
  quartiles: Quartiles;
}

/** More different numbers than this are gathered in ranges. */
const MOST_VALUES = 12;
const RANGES = 6;
/** More groups than this cannot be read. */
export const MOST_GROUPS = 40;

export function boxGroups(metric: Column, by: Column | null): { groups: BoxGroup[]; left: number; isRanged: boolean } {
  const members = new Map<string, number[]>();
  const labels = by ? labelsOf(by) : { of: () => '', order: [''], isRanged: false };
  metric.values.forEach((value, i) => {
    if (typeof value !== 'number') return;
    const label = labels.of(i);
    members.set(label, [...(members.get(label) ?? []), i]);
  });
  const groups = labels.order.flatMap((label) => {
    const places = members.get(label);
    const quartiles = places && quartilesOf(places.map((i) => metric.values[i] as number));
    return quartiles ? [{ label, members: places, quartiles }] : [];
  });
  return { groups: groups.slice(0, MOST_GROUPS), left: Math.max(0, groups.length - MOST_GROUPS), isRanged: labels.isRanged };
}

function labelsOf(by: Column): { of: (place: number) => string; order: string[]; isRanged: boolean } {
  const ABSENT = '–';
  const text = (value: number | string | null) => valueText(by, value);
  const known = [...new Set(by.values.filter((value) => value !== null))];
  if (by.kind === 'category') {
    const order = (known as string[]).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    return { of: (i) => by.values[i]?.toString() ?? ABSENT, order: [...order, ABSENT], isRanged: false };
  }
  const numbers = (known as number[]).sort((a, b) => a - b);
  if (numbers.length <= MOST_VALUES)
    return { of: (i) => text(by.values[i] ?? null), order: [...new Set([...numbers.map(text), ABSENT])], isRanged: false };
  // Ranges of about equally many runs, not equally wide: learning rates are spread over powers of ten.
  const all = by.values.filter((value) => typeof value === 'number').sort((a, b) => a - b);
  const edges = [...new Set(Array.from({ length: RANGES + 1 }, (_, i) => all[Math.floor(((all.length - 1) * i) / RANGES)] as number))];
  const ranges = edges.slice(1).map((to, i) => `${text(edges[i] as number)} – ${text(to)}`);
  const of = (i: number) => {
    const value = by.values[i];
    if (typeof value !== 'number') return ABSENT;
    const at = edges.findIndex((edge, place) => place > 0 && value <= edge);
    return ranges[Math.max(0, at - 1)] ?? ABSENT;
  };
  return { of, order: [...ranges, ABSENT], isRanged: true };
}
