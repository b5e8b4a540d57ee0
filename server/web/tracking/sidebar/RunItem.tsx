// biome-ignore-all lint/a11y/useSemanticElements: rows of a list with its own keys; a table's rows have no two lines
import type { Run } from '@cellkeep/schema/tracking';
import { type MouseEvent, memo, type ReactElement } from 'react';
import { VerdictBadge } from '../../design/verdict/VerdictBadge.tsx';
import { useHost, useTranslate } from '../../host.ts';
import { exactNumber, formatMetric } from '../../look/format.ts';
import { InlineEdit } from '../../look/InlineEdit.tsx';
import { Icon } from '../../look/icons.tsx';
import { MenuButton } from '../../look/Menu.tsx';
import type { RunStyle } from '../../look/runColour.ts';
import { Sparkline } from '../../look/Sparkline.tsx';
import { StatusMark, stateText } from '../../look/Status.tsx';
import { Ago } from '../../look/Time.tsx';
import { mainMetric } from '../mainMetric.ts';
import type { ItemEdit, ItemMenu } from './itemMenu.ts';

export interface ItemProps {
  id: string;
  run: Run;
  /** The metric of the list; a run that lacks it shows its own with its key. */
  listMetric: string | null;
  spark: readonly number[] | undefined;
  style: RunStyle | undefined;
  isActive: boolean;
  /** Where the runs of several notebooks are listed, each says its own. */
  withNotebook: boolean;
  editing: ItemEdit | null;
  onEditing: (runId: string, editing: ItemEdit | null) => void;
  onPress: (run: Run, event: MouseEvent) => void;
  menu: ItemMenu;
}

/** One run on two lines: how it is, what it is called, what came out; where from, with what, when. */
export const RunItem = memo(function RunItem(props: ItemProps): ReactElement {
  const { id, run, listMetric, spark, style, isActive, withNotebook, editing, onEditing, onPress, menu } = props;
  const t = useTranslate();
  const host = useHost();
  const metric = mainMetric(run, listMetric ?? '');
  const summary = metric ? run.metrics[metric] : undefined;
  const params = Object.entries(run.params);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the list points at it by aria-activedescendant
    <div
      id={id}
      role="row"
      aria-selected={style !== undefined}
      className="ck-item"
      data-active={isActive ? '' : undefined}
      style={style && { borderLeftColor: style.colour }}
      onClick={(event) => onPress(run, event)}
      onDoubleClick={() => host.navigate({ view: 'run', id: run.id })}
      onContextMenu={(event) => menu.openAt(run, event)}
    >
      {/* biome-ignore lint/a11y/useFocusableInteractive: rows are the stops of the keyboard here */}
      <div role="gridcell" className="ck-item-cell">
        <StatusMark status={run.status} />
        <span className="ck-item-called">
          <InlineEdit
            className="ck-item-name"
            value={run.name}
            label={t('Name of the run')}
            isEditing={editing === 'name'}
            onEditing={(is) => onEditing(run.id, is ? 'name' : null)}
            onSave={(name) => menu.rename(run, name)}
          />
          <VerdictBadge verdict={run.verdict} isSmall />
        </span>
        {summary && metric ? (
          <span className="ck-item-value" title={`${metric}: ${exactNumber(summary.last)}`}>
            <span className={metric === listMetric ? 'ck-spoken' : 'ck-item-key'}>{metric}</span> {formatMetric(summary.last)}
          </span>
        ) : run.status === 'failed' ? (
          <span className="ck-item-value ck-bad" title={run.error?.message}>
            {stateText(run, t)}
          </span>
        ) : (
          <span />
        )}
        {spark && spark.length > 1 ? <Sparkline values={spark} colour={style?.colour ?? 'var(--ck-faint)'} /> : <span />}
        <div className="ck-item-note">
          <span>{whereText(run, withNotebook, t)}</span>
          {editing === 'tag' ? (
            <InlineEdit
              value=""
              label={t('Tag: key or key=value')}
              isEditing
              onEditing={() => onEditing(run.id, null)}
              onSave={(text) => menu.tag(run, text)}
            />
          ) : (
            <span title={params.map(([key, value]) => `${key} = ${value}`).join('\n')}>
              {run.status === 'failed' && summary ? <b className="ck-bad">{stateText(run, t)} </b> : null}
              {params
                .slice(0, 3)
                .map(([key, value]) => `${key} ${value}`)
                .join(' · ')}
            </span>
          )}
          <Ago at={run.startedAt} />
        </div>
        <MenuButton
          label={t('Actions for {name}', { name: run.name })}
          className="ck-icon-btn ck-item-menu"
          align="end"
          items={() => menu.items(run)}
        >
          <Icon name="more" />
        </MenuButton>
      </div>
    </div>
  );
});

function whereText({ source }: Run, withNotebook: boolean, t: ReturnType<typeof useTranslate>): string {
  const { notebookPath, executionCount, entrypoint } = source;
  const file = (notebookPath ?? entrypoint).split('/').at(-1) ?? '';
  if (executionCount === null) return file;
  return withNotebook && file ? `${file} [${executionCount}]` : t('cell [{n}]', { n: executionCount });
}
