import { type ReactElement, type ReactNode, useRef, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { Popover } from '../../look/Popover.tsx';

const ROOM = 1_000; // px; below it the rail would take a fifth of the table
const STORED = 'cellkeep.rail';

export interface RailState {
  /** Stands beside the table. */
  isOpen: boolean;
  /** Lies over it, where there is no room beside. */
  isOver: boolean;
  hasRoom: boolean;
  toggle: () => void;
  close: () => void;
}

export function useRail(width: number): RailState {
  const [isWanted, setWanted] = useState(read);
  const [isOver, setOver] = useState(false);
  const hasRoom = width >= ROOM;
  return {
    isOpen: hasRoom && isWanted,
    isOver: !hasRoom && isOver,
    hasRoom,
    toggle: () => {
      if (!hasRoom) return setOver(!isOver);
      setWanted(!isWanted);
      try {
        localStorage.setItem(STORED, isWanted ? 'closed' : 'open');
      } catch {
        // Storage is off: it lasts as long as the page.
      }
    },
    close: () => setOver(false),
  };
}

function read(): boolean {
  try {
    return localStorage.getItem(STORED) !== 'closed';
  } catch {
    return true; // storage is off
  }
}

/** Shows and hides the views; where there is no room beside the table, they open over it. */
export function RailToggle({
  rail,
  viewName,
  children,
}: {
  rail: RailState;
  viewName: string | undefined;
  children: ReactNode;
}): ReactElement {
  const t = useTranslate();
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button
        ref={button}
        type="button"
        className={rail.isOpen ? 'ck-btn ck-toggle' : 'ck-btn'}
        aria-expanded={rail.isOpen || rail.isOver}
        aria-label={viewName ? t('Views: {name}', { name: viewName }) : t('Views')}
        title={t('Views')}
        onClick={rail.toggle}
      >
        <Icon name="eye" size={14} /> {!rail.isOpen && viewName && <span className="ck-wide ck-view-name">{viewName}</span>}
      </button>
      {rail.isOver && (
        <Popover anchor={button} align="end" onClose={rail.close} label={t('Views')} className="ck-rail-popover">
          {children}
        </Popover>
      )}
    </>
  );
}
