/** What a comparison shows, in its address: names and texts, of which each part of the page reads its own. */
import { useCallback, useMemo, useRef, useState } from 'react';

export interface UrlState {
  get: (name: string) => string | null;
  /** Null takes a name out. */
  set: (values: Record<string, string | null>) => void;
}

/** @param onSearch absent: the page keeps the state itself, as a tab beside a notebook does */
export function useUrlState(search: string | undefined, onSearch: ((search: string) => void) | undefined): UrlState {
  const [own, setOwn] = useState(search ?? '');
  const text = onSearch ? (search ?? '') : own;
  const said = useMemo(() => new URLSearchParams(text), [text]);
  // Two changes in one turn must not lose the first.
  const latest = useRef(said);
  latest.current = said;
  const write = onSearch ?? setOwn;
  const set = useCallback(
    (values: Record<string, string | null>) => {
      const next = new URLSearchParams(latest.current);
      for (const [name, value] of Object.entries(values)) {
        if (value === null) next.delete(name);
        else next.set(name, value);
      }
      latest.current = next;
      write(next.toString());
    },
    [write],
  );
  return useMemo(() => ({ get: (name) => said.get(name), set }), [said, set]);
}

/** `12.5,100`: a part of x; null where it is none. */
export function readZoom(text: string | null): [number, number] | null {
  const [from, to, more] = (text ?? '').split(',').map((part) => (part.trim() ? Number(part) : Number.NaN));
  if (from === undefined || to === undefined || more !== undefined) return null;
  return Number.isFinite(from) && Number.isFinite(to) && from < to ? [from, to] : null;
}

export const writeZoom = (zoom: readonly [number, number] | null): string | null =>
  zoom && zoom.map((value) => Number(value.toPrecision(12))).join(',');
