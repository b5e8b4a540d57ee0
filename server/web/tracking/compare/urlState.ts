/** What a comparison shows, in its address: names and texts, of which each part of the page reads its own. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

export interface UrlState {
  get: (name: string) => string | null;
  /** Null takes a name out. */
  set: (values: Record<string, string | null>) => void;
}

/** Browsers refuse an address that changes with each move of a slider (Safari: 100 in 30 s). */
const WRITE_AFTER = 200; // ms

/** @param onSearch absent: the page keeps the state itself, as a tab beside a notebook does */
export function useUrlState(search: string | undefined, onSearch: ((search: string) => void) | undefined): UrlState {
  const [text, setText] = useState(search ?? '');
  const latest = useRef(text);
  const written = useRef(search);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const write = useRef(onSearch);
  write.current = onSearch;
  useEffect(() => {
    // An address that is not ours: somebody followed a link, or went back.
    if (search === undefined || search === written.current) return;
    written.current = search;
    latest.current = search;
    setText(search);
  }, [search]);
  useEffect(
    () => () => {
      if (timer.current) clearTimeout(timer.current);
    },
    [],
  );
  const set = useCallback((values: Record<string, string | null>) => {
    // From the latest text, not from that of the last rendering: two changes in one turn must not lose the first.
    const next = new URLSearchParams(latest.current);
    for (const [name, value] of Object.entries(values)) {
      if (value === null) next.delete(name);
      else next.set(name, value);
    }
    latest.current = next.toString();
    setText(latest.current);
    timer.current ??= setTimeout(() => {
      timer.current = null;
      written.current = latest.current;
      write.current?.(latest.current);
    }, WRITE_AFTER);
  }, []);
  return useMemo(() => {
    const said = new URLSearchParams(text);
    return { get: (name) => said.get(name), set };
  }, [text, set]);
}

/** `12.5,100`: a part of x; null where it is none. */
export function readZoom(text: string | null): [number, number] | null {
  const [from, to, more] = (text ?? '').split(',').map((part) => (part.trim() ? Number(part) : Number.NaN));
  if (from === undefined || to === undefined || more !== undefined) return null;
  return Number.isFinite(from) && Number.isFinite(to) && from < to ? [from, to] : null;
}

export const writeZoom = (zoom: readonly [number, number] | null): string | null =>
  zoom?.map((value) => Number(value.toPrecision(12))).join(',') ?? null;
