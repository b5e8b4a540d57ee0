/** Requests, latencies and errors on one time line with the releases, for all of them or each by itself; follows now while it is seen. */
import type { Endpoint } from '@cellkeep/schema/deployment';
import { type ReactElement, useMemo, useRef, useState } from 'react';
import { type Translate, useTranslate } from '../../host.ts';
import { clockTime } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { errorText } from '../../look/states.tsx';
import { useVisible } from '../../look/useVisible.ts';
import { formatMicros, formatRate, formatShare } from '../numbers.ts';
import { useTraffic, useTraffics } from '../queries.ts';
import { releaseName, releaseStyle } from '../releaseStyle.ts';
import type { Slot } from './slots.ts';
import { type TimeLine, type TimeMark, TimePlot } from './TimePlot.tsx';

const SPANS = [900_000, 3_600_000, 21_600_000, 86_400_000, 604_800_000] as const; // ms
const POINTS = 120;
const MOST_RELEASES = 6; // lines on one plot that can still be told apart

type By = 'all' | 'release';

export function TrafficPanel({ endpoint }: { endpoint: Endpoint }): ReactElement {
  const t = useTranslate();
  const panel = useRef<HTMLElement>(null);
  const isShown = useVisible(panel);
  const [span, setSpan] = useState<number>(() => (Date.now() - endpoint.createdAt < SPANS[0] ? SPANS[0] : SPANS[1]));
  const [by, setBy] = useState<By>('all');
  const [zoom, setZoom] = useState<[number, number] | null>(null);
  const releases = useMemo(
    () => endpoint.releases.filter(({ liveAt, role }) => liveAt !== null || role === 'shadow' || role === 'canary').slice(0, MOST_RELEASES),
    [endpoint.releases],
  );
  const whole = useTraffic(endpoint.name, { span, points: POINTS }, isShown && by === 'all');
  const each = useTraffics(
    releases.map(({ id }) => ({ name: endpoint.name, releaseId: id })),
    { span, points: POINTS },
    isShown && by === 'release',
  );
  const series: Series[] =
    by === 'all'
      ? [{ id: 'all', label: t('all'), colour: 'var(--ck-brand)', slots: whole.data }]
      : releases.map((release, i) => ({
          id: release.id,
          label: releaseName(release, releases),
          colour: releaseStyle(release).colour,
          dash: releaseStyle(release).dash,
          slots: each[i]?.data,
        }));
  const error = by === 'all' ? whole.error : (each.find((one) => one.error)?.error ?? null);
  const asked = series.find(({ slots }) => slots)?.slots;
  const last = asked?.at(-1)?.at;
  const end = asked?.at(-1);
  const until = end ? end.at / 1000 + end.seconds : Date.now() / 1000;
  const window = useMemo<[number, number]>(() => zoom ?? [until - span / 1000, until], [zoom, until, span]);
  const marks = useMemo<TimeMark[]>(
    () =>
      endpoint.releases.flatMap((release) =>
        release.liveAt === null
          ? []
          : [
              {
                id: release.id,
                at: release.liveAt / 1000,
                label: releaseName(release, endpoint.releases),
                colour: releaseStyle(release).colour,
              },
            ],
      ),
    [endpoint.releases],
  );
  const stamp = series.map(({ id, slots }) => `${id} ${slots?.at(-1)?.at} ${slots?.at(-1)?.seconds} ${asksIn(slots)}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn again when the numbers are different, not when they were asked for again
  const drawn = useMemo(
    () => ({
      requests: linesOf(series, ({ requests, seconds }) => requests / seconds),
      latency: latencyLines(series, by, t),
      errors: errorLines(series, by, t),
    }),
    [stamp, by, t],
  );
  return (
    <section ref={panel} className="ck-card ck-traffic-panel" aria-label={t('Traffic')}>
      <header>
        <h2>{t('Traffic')}</h2>
        {error && last !== undefined && (
          <span className="ck-chip ck-warned" title={errorText(error, t)}>
            {t('from {time}', { time: clockTime(last) })}
          </span>
        )}
        <span className="ck-grow" />
        {zoom && (
          <button type="button" className="ck-chip ck-chip-btn" onClick={() => setZoom(null)} title={t('Show all (double click)')}>
            <Icon name="zoomOut" size={12} /> {t('zoomed')}
          </button>
        )}
        {releases.length > 1 && (
          <div className="ck-segments">
            <button type="button" aria-pressed={by === 'all'} onClick={() => setBy('all')}>
              {t('All')}
            </button>
            <button type="button" aria-pressed={by === 'release'} onClick={() => setBy('release')}>
              {t('By release')}
            </button>
          </div>
        )}
        <select
          className="ck-field"
          aria-label={t('How far back')}
          value={span}
          onChange={(event) => {
            setSpan(Number(event.target.value));
            setZoom(null);
          }}
        >
          {SPANS.map((ms) => (
            <option key={ms} value={ms}>
              {spanWord(ms, t)}
            </option>
          ))}
        </select>
      </header>
      {error && !asked && (
        <p className="ck-run-none" role="alert">
          {t('The counters could not be read: {reason}', { reason: errorText(error, t) })}
        </p>
      )}
      <TimePlot
        title={t('Requests per second')}
        lines={drawn.requests}
        window={window}
        marks={marks}
        format={formatRate}
        syncKey={`traffic ${endpoint.name}`}
        onZoom={setZoom}
      />
      <div className="ck-traffic-two">
        <TimePlot
          title={by === 'all' ? t('Latency') : t('Latency, p95')}
          lines={drawn.latency}
          window={window}
          format={formatMicros}
          empty={1_000}
          syncKey={`traffic ${endpoint.name}`}
          onZoom={setZoom}
        />
        <TimePlot
          title={by === 'all' ? t('Refused and failed') : t('Failed (5xx)')}
          lines={drawn.errors}
          window={window}
          format={formatShare}
          syncKey={`traffic ${endpoint.name}`}
          onZoom={setZoom}
        />
      </div>
    </section>
  );
}

interface Series {
  id: string;
  label: string;
  colour: string;
  dash?: number[];
  slots: readonly Slot[] | undefined;
}

const asksIn = (slots: readonly Slot[] | undefined) =>
  (slots ?? []).reduce((sum, { requests, clientErrors }) => sum + requests + clientErrors, 0);

function linesOf(series: readonly Series[], value: (slot: Slot) => number | null): TimeLine[] {
  return series.map(({ id, label, colour, dash, slots = [] }) => ({
    ...{ id, label, colour },
    ...(dash ? { dash } : {}),
    x: slots.map(({ at }) => at / 1000),
    y: slots.map(value),
  }));
}

function latencyLines(series: readonly Series[], by: By, t: Translate): TimeLine[] {
  if (by === 'release') return linesOf(series, ({ p95Us }) => p95Us);
  const shades: [keyof Slot & ('p50Us' | 'p95Us' | 'p99Us'), string, string][] = [
    ['p50Us', t('p50'), 'var(--ck-s3)'],
    ['p95Us', t('p95'), 'var(--ck-s1)'],
    ['p99Us', t('p99'), 'var(--ck-s2)'],
  ];
  return shades.flatMap(([key, label, colour]) =>
    linesOf(
      series.map((one) => ({ ...one, id: key, label, colour })),
      (point) => point[key],
    ),
  );
}

function errorLines(series: readonly Series[], by: By, t: Translate): TimeLine[] {
  const share = (of: (slot: Slot) => number) => (point: Slot) => (point.requests === 0 ? null : of(point) / point.requests);
  if (by === 'release')
    return linesOf(
      series,
      share(({ serverErrors }) => serverErrors),
    );
  const kinds: [string, string, string, (slot: Slot) => number][] = [
    ['5xx', t('failed (5xx)'), 'var(--ck-s2)', ({ serverErrors }) => serverErrors],
    ['4xx', t('refused (4xx)'), 'var(--ck-s5)', ({ clientErrors }) => clientErrors],
    ['429', t('too many (429)'), 'var(--ck-s8)', ({ rejected }) => rejected],
  ];
  return kinds.flatMap(([id, label, colour, of]) =>
    linesOf(
      series.map((one) => ({ ...one, id, label, colour })),
      share(of),
    ),
  );
}

function spanWord(ms: number, t: Translate): string {
  const words: Record<number, string> = {
    900000: t('last 15 minutes'),
    3600000: t('last hour'),
    21600000: t('last 6 hours'),
    86400000: t('last day'),
    604800000: t('last week'),
  };
  return words[ms] ?? '';
}
