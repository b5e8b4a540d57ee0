import { useEffect, useState } from 'react';
import type { XAxis } from './shape.ts';

/** How curves are looked at. */
export interface CurveLook {
  xAxis: XAxis;
  /** 0 … 0.99: weight of what came before. */
  smoothing: number;
  log: boolean;
  logX: boolean;
  /** Part of the values that sets the y range, 0 … 1; 0: all of them do. */
  clip: number;
}

export const plainLook: CurveLook = { xAxis: 'step', smoothing: 0, log: false, logX: false, clip: 0 };

const STORED = 'cellkeep.curves';

/** How the person last looked at curves, in every view and after a reload. What the address says goes before it. */
export function useCurveLook(said: Partial<CurveLook> = {}): [CurveLook, (look: CurveLook) => void] {
  const [look, setLook] = useState<CurveLook>(() => {
    try {
      return { ...plainLook, ...(JSON.parse(localStorage.getItem(STORED) ?? '{}') as Partial<CurveLook>), ...said };
    } catch {
      return { ...plainLook, ...said }; // storage is off, or holds what another version wrote
    }
  });
  useEffect(() => {
    try {
      localStorage.setItem(STORED, JSON.stringify(look));
    } catch {
      // Storage is off: the look lasts as long as the page.
    }
  }, [look]);
  return [look, setLook];
}

const AXES: readonly XAxis[] = ['step', 'relative', 'time'];

/** The look that an address says; what it does not say, or says wrongly, is absent. */
export function readLook(get: (name: string) => string | null): Partial<CurveLook> {
  const said: Partial<CurveLook> = {};
  const xAxis = AXES.find((axis) => axis === get('x'));
  if (xAxis) said.xAxis = xAxis;
  const smoothing = Number(get('smooth') ?? Number.NaN);
  if (smoothing >= 0 && smoothing <= 0.99) said.smoothing = smoothing;
  if (get('log') !== null) said.log = get('log') === '1';
  if (get('logx') !== null) said.logX = get('logx') === '1';
  const clip = Number(get('clip') ?? Number.NaN);
  if (clip >= 0 && clip < 1) said.clip = clip;
  return said;
}

/** Null where it is as plain as can be: an address says only what is special. */
export function writeLook(look: CurveLook): Record<string, string | null> {
  return {
    x: look.xAxis,
    smooth: look.smoothing > 0 ? String(look.smoothing) : '0',
    log: look.log ? '1' : '0',
    logx: look.logX ? '1' : null,
    clip: look.clip > 0 ? String(look.clip) : null,
  };
}
