/** Which runs the sidebar is about: those of the notebook in front, of one experiment, or all. */
import type { WatchInput } from '@cellkeep/schema/tracking';
import { useMemo, useState } from 'react';
import { type NotebookContext, useHost, useReadable, useTranslate, useViewSettings, type View } from '../../host.ts';
import type { MenuItem } from '../../look/Menu.tsx';
import { useExperiments } from '../queries.ts';

export type Scope = { kind: 'notebook' } | { kind: 'experiment'; id: string | null } | { kind: 'all' };

export interface UsedScope {
  kind: Scope['kind'];
  label: string;
  /** Null: there is nothing to ask for (no notebook is open, there is no experiment yet). */
  search: { notebookPath?: string; experimentIds?: string[] } | null;
  watch: Partial<WatchInput> | null;
  experimentName: string | undefined;
  /** The same runs as a bigger view. */
  view: View;
  notebook: NotebookContext | null;
  items: () => (MenuItem | null)[];
  showAll: () => void;
}

const MOST_NAMED = 15;

export function useScope(): UsedScope {
  const t = useTranslate();
  const notebook = useReadable(useHost().notebook);
  const settings = useViewSettings();
  const [chosen, setChosen] = useState<Scope | null>(null);
  const scope: Scope = chosen ?? (settings.scope === 'experiment' ? { kind: 'experiment', id: null } : { kind: settings.scope });
  const { data } = useExperiments({ lifecycle: 'active' });
  const experiments = data?.pages[0]?.experiments ?? [];
  const experiment =
    scope.kind === 'experiment'
      ? (experiments.find(({ id }) => id === scope.id) ?? experiments.find(({ runCount }) => runCount > 0) ?? experiments[0])
      : undefined;
  const experimentId = experiment?.id;
  const path = notebook?.path;

  const search = useMemo(() => {
    if (scope.kind === 'notebook') return path ? { notebookPath: path } : null;
    if (scope.kind === 'experiment') return experimentId ? { experimentIds: [experimentId] } : null;
    return {};
  }, [scope.kind, path, experimentId]);

  return {
    kind: scope.kind,
    label: scope.kind === 'notebook' ? t('this notebook') : scope.kind === 'all' ? t('all runs') : (experiment?.name ?? t('experiment')),
    search,
    watch: search,
    experimentName: experiment?.name,
    view: experimentId ? { view: 'experiment', id: experimentId } : { view: 'experiments' },
    notebook,
    items: () => [
      { label: t('This notebook'), checked: scope.kind === 'notebook', onSelect: () => setChosen({ kind: 'notebook' }) },
      { label: t('All runs'), checked: scope.kind === 'all', onSelect: () => setChosen({ kind: 'all' }) },
      experiments.length > 0 ? null : { label: t('No experiments yet'), disabled: true, onSelect: () => undefined },
      ...experiments.slice(0, MOST_NAMED).map(({ id, name }) => ({
        label: name,
        checked: experimentId === id,
        onSelect: () => setChosen({ kind: 'experiment', id }),
      })),
    ],
    showAll: () => setChosen({ kind: 'all' }),
  };
}
