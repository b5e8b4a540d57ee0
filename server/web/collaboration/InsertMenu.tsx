/** Puts a chart into a report, written out, so that what it says can be changed where it stands. */
import type { ReportBlock } from '@cellkeep/schema/collaboration';
import type { ReactElement } from 'react';
import { type Translate, useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { Icon, type IconName } from '../look/icons.tsx';
import { MenuButton } from '../look/Menu.tsx';
import { ownMetrics } from '../tracking/mainMetric.ts';
import { writeBlock } from './writeBlocks.ts';

export function InsertMenu({ onInsert }: { onInsert: (text: string) => void }): ReactElement {
  const t = useTranslate();
  const client = useClient();
  /** Of the experiment that was used last: what a person writes about is most often what they have just done. */
  const insert = async (kind: Kind) => {
    const { experiment, metric, param } = await lastUsed(client).catch(() => ({
      experiment: undefined,
      metric: undefined,
      param: undefined,
    }));
    onInsert(writeBlock(templateOf(kind, { experiment: experiment ?? 'Default', metric: metric ?? 'loss', param: param ?? 'lr' })));
  };
  return (
    <MenuButton
      label={t('Insert')}
      items={() => [
        ...KINDS.map(([kind, icon]) => ({ label: labelOf(kind, t), icon, onSelect: () => void insert(kind) })),
        null,
        { label: t('Table'), icon: 'text' as const, onSelect: () => onInsert('| what | value |\n| --- | --- |\n| | |\n') },
        {
          label: t('Picture of an artifact'),
          icon: 'image' as const,
          onSelect: () => onInsert('![what it shows](artifact:RUN_ID/path/to/picture.png)\n'),
        },
      ]}
    >
      <Icon name="plus" size={14} /> {t('Insert')}
    </MenuButton>
  );
}

type Kind = ReportBlock['chart'];

const KINDS: [Kind, IconName][] = [
  ['curves', 'chart'],
  ['table', 'table'],
  ['metric', 'tag'],
  ['scatter', 'compare'],
  ['parallel', 'columns'],
  ['box', 'log'],
  ['importance', 'branch'],
];

function labelOf(kind: Kind, t: Translate): string {
  const labels: Record<Kind, string> = {
    curves: t('Curves'),
    table: t('Runs as a table'),
    metric: t('One number'),
    scatter: t('Scatter plot'),
    parallel: t('Parallel coordinates'),
    box: t('Box plot'),
    importance: t('Importance of params'),
  };
  return labels[kind];
}

function templateOf(kind: Kind, { experiment, metric, param }: { experiment: string; metric: string; param: string }): ReportBlock {
  const [y, x] = [`metrics.${metric}`, `params.${param}`];
  switch (kind) {
    case 'curves':
      return { chart: kind, experiment, limit: 5, metrics: [metric] };
    case 'table':
      return { chart: kind, experiment, limit: 10, columns: [y, x, 'attributes.start_time'] };
    case 'metric':
      return { chart: kind, experiment, order: `-${y}`, metric };
    case 'scatter':
      return { chart: kind, experiment, x, y };
    case 'parallel':
      return { chart: kind, experiment, columns: [x, y], color: y };
    case 'box':
      return { chart: kind, experiment, metric: y, by: x };
    case 'importance':
      return { chart: kind, experiment, metric: y };
  }
}

async function lastUsed(client: ReturnType<typeof useClient>): Promise<{ experiment?: string; metric?: string; param?: string }> {
  const { runs } = await client.tracking.runs.search({ limit: 20 });
  const [first] = runs;
  if (!first) return {};
  const same = runs.filter(({ experimentId }) => experimentId === first.experimentId);
  const metric = same.flatMap(ownMetrics)[0];
  const param = same.flatMap(({ params }) => Object.keys(params))[0];
  return { experiment: first.experimentName, ...(metric ? { metric } : {}), ...(param ? { param } : {}) };
}
