import type { Run } from '@cellkeep/schema/tracking';
import { type DragEvent, type KeyboardEvent, type MouseEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { Swatch } from '../../charts/Swatch.tsx';
import { useHost, useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import type { RunStyle } from '../../look/runColour.ts';
import { StatusMark } from '../../look/Status.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { SearchField } from '../run/rows.tsx';
import { MANY } from './comparedIds.ts';
import { moved } from './differences.ts';

interface ChipsProps {
  runIds: readonly string[];
  runs: readonly Run[];
  styles: ReadonlyMap<string, RunStyle>;
  hidden: ReadonlySet<string>;
  missing: readonly string[];
  /** Runs that a chart has put in the background. */
  faded: ReadonlySet<string> | null;
  /** The run that stands out, here or on a chart. */
  highlight: string | null;
  onHide: (id: string, only: boolean) => void;
  onOrder: (runIds: string[]) => void;
  onRemove: (id: string) => void;
  onHighlight: (id: string | null) => void;
  /** False: of many only those that may be in sight. */
  areAllDrawn: boolean;
}

/** Chips in sight, at most: four rows of the widest screens. */
const IN_SIGHT = 96;

/** The runs in their order. One stop of the keyboard; dragging and Alt with an arrow move a run. */
export function Chips({
  runIds: all,
  runs,
  styles,
  hidden,
  missing,
  faded,
  highlight,
  onHide,
  onOrder,
  onRemove,
  onHighlight,
  areAllDrawn,
}: ChipsProps): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const list = useRef<HTMLUListElement>(null);
  const [active, setActive] = useState(0);
  const [dragged, setDragged] = useState<number | null>(null);
  const [target, setTarget] = useState<number | null>(null);
  const focusNext = useRef<number | null>(null);
  const [said, setSaid] = useState('');
  const [typed, setTyped] = useState('');
  const byId = new Map(runs.map((run) => [run.id, run]));
  const isMany = all.length > MANY;
  const wanted = isMany ? typed.trim().toLowerCase() : '';
  const runIds = wanted ? all.filter((id) => (byId.get(id)?.name ?? id).toLowerCase().includes(wanted)) : all;

  useEffect(() => {
    if (focusNext.current === null) return;
    list.current?.querySelectorAll<HTMLElement>('[data-chip]')[focusNext.current]?.focus();
    focusNext.current = null;
  });
  const go = (to: number) => {
    const next = Math.max(0, Math.min(runIds.length - 1, to));
    focusNext.current = next;
    setActive(next);
  };
  const move = (from: number, by: number) => {
    const to = Math.max(0, Math.min(runIds.length - 1, from + by));
    // Among those that are found; in the whole list it takes the place of the one that it is moved to.
    const [source, target] = [all.indexOf(runIds[from] ?? ''), all.indexOf(runIds[to] ?? '')];
    onOrder(moved(all, source, target - source));
    setSaid(t('{name} is now {n} of {total}', { name: nameAt(from), n: to + 1, total: runIds.length }));
    return to;
  };
  const nameAt = (index: number) => byId.get(runIds[index] ?? '')?.name ?? t('missing run');

  const onKeyDown = (event: KeyboardEvent, index: number) => {
    const id = runIds[index];
    if (!id || event.target !== event.currentTarget || event.ctrlKey || event.metaKey) return;
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by && event.altKey) go(move(index, by));
    else if (by) go(index + by);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(runIds.length - 1);
    else if (event.key === ' ') onHide(id, event.shiftKey);
    else if (event.key === 'Enter') host.navigate({ view: 'run', id });
    else if (event.key === 'Delete' || event.key === 'Backspace') {
      onRemove(id);
      go(Math.min(index, runIds.length - 2));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    if (dragged !== null && target !== null && dragged !== target) move(dragged, target - dragged);
    setDragged(null);
    setTarget(null);
  };
  return (
    <>
      {isMany && (
        <div className="ck-compare-find">
          <SearchField value={typed} onChange={setTyped} label={t('Find one of {n} runs', { n: all.length })} />
          {wanted && <span className="ck-dim">{t('{n} found', { n: runIds.length })}</span>}
        </div>
      )}
      <ul ref={list} className="ck-compare-chips" data-many={isMany ? '' : undefined} aria-label={t('Compared runs')}>
        {(areAllDrawn ? runIds : runIds.slice(0, IN_SIGHT)).map((id, index) => (
          <li
            key={id}
            data-chip
            tabIndex={index === Math.min(active, runIds.length - 1) ? 0 : -1}
            className="ck-compare-chip"
            aria-label={chipText(byId.get(id), hidden.has(id), missing.includes(id), t)}
            data-hidden={hidden.has(id) ? '' : undefined}
            data-faded={faded?.has(id) ? '' : undefined}
            data-lit={highlight === id ? '' : undefined}
            data-missing={missing.includes(id) ? '' : undefined}
            data-dragged={dragged === index ? '' : undefined}
            data-target={target === index && dragged !== index ? (dragged !== null && dragged < index ? 'after' : 'before') : undefined}
            draggable
            onFocus={() => setActive(index)}
            onKeyDown={(event) => onKeyDown(event, index)}
            onMouseEnter={() => onHighlight(hidden.has(id) ? null : id)}
            onMouseLeave={() => onHighlight(null)}
            onDragStart={(event) => {
              event.dataTransfer.effectAllowed = 'move';
              event.dataTransfer.setData('text/plain', nameAt(index));
              setDragged(index);
            }}
            onDragOver={(event) => {
              if (dragged === null) return;
              event.preventDefault();
              setTarget(index);
            }}
            onDrop={onDrop}
            onDragEnd={() => {
              setDragged(null);
              setTarget(null);
            }}
          >
            <Chip
              id={id}
              run={byId.get(id)}
              style={styles.get(id)}
              isHidden={hidden.has(id)}
              isMissing={missing.includes(id)}
              onHide={(event) => onHide(id, event.shiftKey)}
              onRemove={() => onRemove(id)}
            />
          </li>
        ))}
      </ul>
      <span className="ck-spoken" role="status">
        {said}
      </span>
    </>
  );
}

interface ChipProps {
  id: string;
  run: Run | undefined;
  style: RunStyle | undefined;
  isHidden: boolean;
  isMissing: boolean;
  onHide: (event: MouseEvent) => void;
  onRemove: () => void;
}

function Chip({ id, run, style, isHidden, isMissing, onHide, onRemove }: ChipProps): ReactElement {
  const t = useTranslate();
  const name = run?.name ?? id.slice(0, 8);
  return (
    <>
      <Swatch style={isMissing ? undefined : style} />
      {run && <StatusMark status={run.status} />}
      {run ? (
        <ViewLink to={{ view: 'run', id }} className="ck-run-name" title={`${name} · ${run.experimentName}`} tabIndex={-1}>
          {name}
        </ViewLink>
      ) : (
        <code className="ck-run-name ck-faint">{name}</code>
      )}
      {isMissing && <span className="ck-bad">{t('not found')}</span>}
      {run?.lifecycle === 'deleted' && <span className="ck-warned">{t('deleted')}</span>}
      {run && (
        <button
          type="button"
          tabIndex={-1}
          className="ck-icon-btn"
          aria-pressed={isHidden}
          aria-label={isHidden ? t('Show {name}', { name }) : t('Hide {name}', { name })}
          title={isHidden ? t('Show') : t('Hide; with Shift: show only this one')}
          onClick={onHide}
        >
          <Icon name={isHidden ? 'eyeOff' : 'eye'} size={13} />
        </button>
      )}
      <button
        type="button"
        tabIndex={-1}
        className="ck-icon-btn"
        aria-label={t('Take {name} out', { name })}
        title={t('Take out')}
        onClick={onRemove}
      >
        <Icon name="close" size={12} />
      </button>
    </>
  );
}

function chipText(run: Run | undefined, isHidden: boolean, isMissing: boolean, t: ReturnType<typeof useTranslate>): string {
  const name = run?.name ?? t('missing run');
  const states = [isHidden && t('hidden'), isMissing && t('not found'), run?.lifecycle === 'deleted' && t('deleted')].filter(Boolean);
  return [name, ...states].join(', ');
}
