/** At the head of a run while it trains: whether its process still speaks, which cell of it works, and where. */
import type { Run } from '@cellkeep/schema/tracking';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useEffect } from 'react';
import { useTranslate } from '../host.ts';
import { keys } from '../live/cache.ts';
import { useConnectionStatus } from '../live/shared.ts';
import { Ago } from '../look/Time.tsx';

const ASK_AFTER = 10_000; // ms; a process says at least every few seconds that it lives, but not every sign is told to watchers
const QUIET_AFTER = 30_000;

export function RunLiveness({ run }: { run: Run }): ReactElement | null {
  const t = useTranslate();
  const cache = useQueryClient();
  const { state } = useConnectionStatus();
  const { id, heartbeatAt, status, lifecycle, source } = run;
  const isRunning = status === 'running' && lifecycle === 'active';
  useEffect(() => {
    if (!isRunning || state !== 'live') return;
    const timer = setInterval(() => void cache.invalidateQueries({ queryKey: keys.run(id) }), ASK_AFTER);
    return () => clearInterval(timer);
  }, [isRunning, state, id, cache]);
  if (!isRunning) return null;
  const isQuiet = Date.now() - heartbeatAt > QUIET_AFTER;
  const where = [
    source.executionCount === null ? null : t('cell [{n}]', { n: source.executionCount }),
    source.host && t('on {host}', { host: source.host }),
  ].filter(Boolean);
  return (
    <span className="ck-liveness" data-quiet={isQuiet ? '' : undefined} title={where.join(' · ')}>
      {t('heard of')} <Ago at={Math.min(heartbeatAt, Date.now())} />
      {Date.now() - heartbeatAt >= 5_000 && ` ${t('ago')}`}
      {source.host && <span className="ck-wide"> · {source.host}</span>}
    </span>
  );
}
