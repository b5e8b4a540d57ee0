import { fromWire } from '@cellkeep/schema/wire';
import { useMemo } from 'react';
import type { Run, RunSearch } from '../queries.ts';
import type { Better } from './tableState.ts';
import { type ColumnTint, rangeOf } from './tint.ts';
import { useMetricFacts } from './useGroups.ts';

const NONE: ReadonlyMap<string, ColumnTint> = new Map();

/**
 * The scale of each coloured column: over all runs that match, so that a colour means the same on every page. Until the server has said
 * it, over the rows that are here.
 */
export function useTints(
  search: RunSearch,
  colours: Readonly<Record<string, Better>>,
  loaded: readonly Run[],
): ReadonlyMap<string, ColumnTint> {
  const keys = useMemo(
    () => Object.keys(colours).flatMap((id) => (id.startsWith('metrics.') ? [id.slice('metrics.'.length)] : [])),
    [colours],
  );
  const facts = useMetricFacts(search, keys);
  return useMemo(() => {
    if (keys.length === 0) return NONE;
    const tints = new Map<string, ColumnTint>();
    for (const key of keys) {
      const id = `metrics.${key}`;
      const known = facts.get(key);
      const range = known
        ? rangeOf([known.min, known.max])
        : rangeOf(loaded.flatMap(({ metrics }) => (Object.hasOwn(metrics, key) ? [fromWire(metrics[key]?.last ?? 'NaN')] : [])));
      const better = colours[id];
      if (range && better) tints.set(id, { ...range, better });
    }
    return tints;
  }, [keys, facts, loaded, colours]);
}
