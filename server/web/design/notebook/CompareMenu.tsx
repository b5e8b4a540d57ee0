import type { Snapshot, SnapshotSummary } from '@cellkeep/schema/design';
import { type ReactElement, useRef, useState } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { formatAgo } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { Menu } from '../../look/Menu.tsx';
import { reasonWord } from '../history/reasonWord.ts';
import { useSnapshots } from '../queries.ts';

const MOST = 20;

/** "Compare with…": earlier and later snapshots of the same notebook. */
export function CompareMenu({ snapshot, notebookId }: { snapshot: Snapshot; notebookId: string }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const { data, isPending } = useSnapshots(isOpen ? { notebookId } : null, 50);
  const others = (data?.pages[0]?.snapshots ?? []).filter(({ id, hasDocument }) => id !== snapshot.id && hasDocument);
  const labelOf = ({ takenAt, label, reason, runs }: SnapshotSummary) => {
    const what = label || [reasonWord(reason, t), runs[0]?.name].filter(Boolean).join(' · ');
    return `${formatAgo(takenAt, Date.now())}  ${what}`;
  };
  const open = (other: SnapshotSummary) => {
    const [before, after] = other.takenAt <= snapshot.takenAt ? [other, snapshot] : [snapshot, other];
    host.navigate({ view: 'snapshotDiff', before: before.id, after: after.id });
  };
  const items = others.slice(0, MOST).map((other) => ({ label: labelOf(other), onSelect: () => open(other) }));
  const none = { label: isPending ? t('Loading…') : t('No other snapshot of this notebook'), disabled: true, onSelect: () => undefined };
  const all = { label: t('All of them…'), icon: 'history' as const, onSelect: () => host.navigate({ view: 'history', notebookId }) };
  return (
    <>
      <button ref={button} type="button" className="ck-btn" aria-haspopup="menu" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Icon name="compare" size={14} /> {t('Compare with…')}
      </button>
      {isOpen && (
        <Menu
          anchor={button}
          label={t('Compare with…')}
          items={items.length > 0 ? [...items, null, all] : [none]}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
