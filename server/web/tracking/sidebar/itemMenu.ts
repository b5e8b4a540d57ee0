import type { Run } from '@cellkeep/schema/tracking';
import { type MouseEvent, useMemo, useRef, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { useHost, useTranslate } from '../../host.ts';
import type { MenuItem } from '../../look/Menu.tsx';
import type { RunActions } from '../runActions.ts';

export type ItemEdit = 'name' | 'tag';

export interface ItemMenu {
  items: (run: Run) => (MenuItem | null)[];
  /** Where the pointer is, in place of the browser's own menu. */
  openAt: (run: Run, event: MouseEvent) => void;
  rename: (run: Run, name: string) => void;
  tag: (run: Run, text: string) => void;
}

export interface OpenMenu {
  run: Run;
  anchor: { x: number; y: number };
}

/** What can be done with one run of the list, by its ⋯, by a right click and by keys. */
export function useItemMenu(
  actions: RunActions,
  selected: readonly string[],
  onSelect: (ids: string[]) => void,
  onEdit: (run: Run, edit: ItemEdit) => void,
): { menu: ItemMenu; open: OpenMenu | null; setOpen: (open: OpenMenu | null) => void } {
  const t = useTranslate();
  const host = useHost();
  const mayWrite = useMayWrite();
  const [open, setOpen] = useState<OpenMenu | null>(null);
  const latest = useRef({ actions, selected, onSelect, onEdit });
  latest.current = { actions, selected, onSelect, onEdit };
  const menu = useMemo<ItemMenu>(
    () => ({
      items: (run) => {
        const { selected: chosen, onSelect: select, onEdit: edit, actions: act } = latest.current;
        const { notebookPath, cellId } = run.source;
        const isChosen = chosen.includes(run.id);
        const items: (MenuItem | null | undefined)[] = [
          { label: t('Open'), icon: 'chart', keys: 'Enter', onSelect: () => host.navigate({ view: 'run', id: run.id }) },
          host.openNotebook && notebookPath
            ? { label: t('Go to its cell'), icon: 'notebook', onSelect: () => host.openNotebook?.(notebookPath, cellId) }
            : undefined,
          host.openNotebookOfRun && notebookPath
            ? { label: t('Open notebook as it was'), icon: 'history', onSelect: () => host.openNotebookOfRun?.(run.id) }
            : undefined,
          {
            label: isChosen ? t('Take out of the comparison') : t('Add to the comparison'),
            icon: 'compare',
            keys: 'Space',
            onSelect: () => select(isChosen ? chosen.filter((id) => id !== run.id) : [...chosen, run.id]),
          },
          null,
          mayWrite ? { label: t('Rename'), icon: 'pencil', keys: 'F2', onSelect: () => edit(run, 'name') } : undefined,
          mayWrite ? { label: t('Tag…'), icon: 'tag', keys: 't', onSelect: () => edit(run, 'tag') } : undefined,
          mayWrite && run.status === 'running' ? { label: t('Stop'), icon: 'stop', onSelect: () => void act.stop(run) } : undefined,
          { label: t('Copy the id'), icon: 'copy', onSelect: () => void navigator.clipboard.writeText(run.id) },
          ...(mayWrite
            ? [null, { label: t('Delete'), icon: 'bin' as const, danger: true, keys: 'Del', onSelect: () => void act.delete([run.id]) }]
            : []),
        ];
        return items.filter((item) => item !== undefined);
      },
      openAt: (run, event) => {
        event.preventDefault();
        event.stopPropagation();
        setOpen({ run, anchor: { x: event.clientX, y: event.clientY } });
      },
      rename: (run, name) => void latest.current.actions.rename(run, name),
      tag: (run, text) => {
        const [key = '', ...value] = text.split('=');
        if (key.trim()) void latest.current.actions.tag([run.id], key.trim(), value.join('=').trim());
      },
    }),
    [host, mayWrite, t],
  );
  return { menu, open, setOpen };
}
