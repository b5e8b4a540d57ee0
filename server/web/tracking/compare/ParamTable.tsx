import type { Run } from '@cellkeep/schema/tracking';
import { memo, type ReactElement, useMemo } from 'react';
import { useTranslate } from '../../host.ts';
import type { RunStyle } from '../../look/runColour.ts';
import { CompareTable } from './CompareTable.tsx';
import { paramRows } from './differences.ts';

interface Props {
  runs: readonly Run[];
  styles: ReadonlyMap<string, RunStyle>;
}

export const ParamTable = memo(function ParamTable(props: Props): ReactElement {
  const t = useTranslate();
  const rows = useMemo(() => paramRows(props.runs), [props.runs]);
  return (
    <CompareTable
      {...props}
      title={t('Params')}
      rows={rows}
      none={t('None of these runs has a param.')}
      noneDiffer={t('All params are the same.')}
      cell={({ values }, place) => {
        const value = values[place] ?? null;
        if (value === null) return <Absent />;
        return (
          <span className="ck-compare-text ck-mono" title={value}>
            {value || <span className="ck-faint">{t('(empty)')}</span>}
          </span>
        );
      }}
    />
  );
});

export function Absent(): ReactElement {
  const t = useTranslate();
  return (
    <span className="ck-faint" title={t('not there')}>
      –
    </span>
  );
}
