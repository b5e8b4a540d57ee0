import { useState } from 'react';
import type { Direction } from './differences.ts';

const STORED = 'cellkeep.directions';

/** Metrics that the person has turned round: kept, because what is better does not change from page to page. */
export function useDirections(): [Readonly<Record<string, Direction>>, (key: string, direction: Direction) => void] {
  const [turned, setTurned] = useState<Record<string, Direction>>(read);
  const turn = (key: string, direction: Direction) => {
    const next = { ...turned, [key]: direction };
    setTurned(next);
    try {
      localStorage.setItem(STORED, JSON.stringify(next));
    } catch {
      // Storage is off: it lasts as long as the page.
    }
  };
  return [turned, turn];
}

function read(): Record<string, Direction> {
  try {
    const said: unknown = JSON.parse(localStorage.getItem(STORED) ?? '{}');
    if (typeof said !== 'object' || said === null) return {};
    return Object.fromEntries(Object.entries(said).filter(([, direction]) => direction === 'higher' || direction === 'lower'));
  } catch {
    return {}; // storage is off, or holds what another version wrote
  }
}
