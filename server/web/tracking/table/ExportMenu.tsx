/** The runs as a file: all that match, or the selected ones; streamed by the server, so that a million rows pass through no page. */
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { useShared } from '../../live/shared.ts';
import { groupThousands } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { MenuButton, type MenuItem } from '../../look/Menu.tsx';
import type { RunSearch } from '../queries.ts';

const FORMATS = [
  ['csv', 'CSV'],
  ['json', 'JSON lines'],
  ['parquet', 'Parquet'],
] as const;
type Format = (typeof FORMATS)[number][0];

const MOST_SELECTED = 250; // runs that a filter has room to name

/** Address of the file, relative to the server's own. */
export function exportPath(search: RunSearch, format: Format, ids: readonly string[] | null): string {
  const said = new URLSearchParams({ format });
  for (const id of search.experimentIds ?? []) said.append('experimentId', id);
  // Selected runs are named by themselves: the filter may not find them any more.
  const filter = ids ? `run_id in (${ids.map((id) => `'${id}'`).join(', ')})` : search.filter;
  if (filter) said.set('filter', filter);
  said.set('lifecycle', ids ? 'all' : (search.lifecycle ?? 'active'));
  for (const { by, direction } of search.orderBy ?? []) said.append('orderBy', `${by}:${direction ?? 'asc'}`);
  return `api/v1/runs/export?${said}`;
}

export function ExportMenu({ search, selected, total }: { search: RunSearch; selected: readonly string[]; total: string }): ReactElement {
  const t = useTranslate();
  const { connection } = useShared();
  const download = (format: Format, ids: readonly string[] | null) => {
    const link = document.createElement('a');
    link.href = new URL(exportPath(search, format, ids), connection.baseUrl).href;
    link.download = '';
    link.click();
  };
  const items = (): (MenuItem | null)[] => [
    ...FORMATS.map(([format, name]) => ({
      label: t('{format}: all {n} that match', { format: name, n: total }),
      icon: 'download' as const,
      onSelect: () => download(format, null),
    })),
    ...(selected.length > 0
      ? [
          null,
          ...FORMATS.map(([format, name]) => ({
            label: t('{format}: the {n} selected', { format: name, n: groupThousands(selected.length) }),
            icon: 'download' as const,
            disabled: selected.length > MOST_SELECTED,
            onSelect: () => download(format, selected),
          })),
        ]
      : []),
  ];
  return (
    <MenuButton label={t('Export')} className="ck-btn" align="end" items={items} title={t('Export the runs as a file')}>
      <Icon name="download" size={14} /> <span className="ck-wide">{t('Export')}</span>
    </MenuButton>
  );
}
