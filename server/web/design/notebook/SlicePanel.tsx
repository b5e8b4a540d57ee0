import type { Execution } from '@cellkeep/schema/design';
import { type ReactElement, useId, useMemo, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Code } from '../../look/Code.tsx';
import { CopyButton } from '../../look/CopyButton.tsx';
import { Icon } from '../../look/icons.tsx';
import { Skeleton } from '../../look/states.tsx';
import { labelOf, namesOf, type SliceTarget, scriptOf, sliceOf } from '../slice.ts';

/** The least of what ran that a name, or the run, depends on: each part with its reason, and all of it as a program. */
export function SlicePanel({
  executions,
  runOrders,
  onShow,
}: {
  /** Undefined: not there yet. */
  executions: readonly Execution[] | undefined;
  runOrders: ReadonlySet<number>;
  /** Null: there is no document to show it in. */
  onShow: ((cellId: string) => void) | null;
}): ReactElement {
  const t = useTranslate();
  const list = useId();
  const [name, setName] = useState('');
  const names = useMemo(() => namesOf(executions ?? []), [executions]);
  const wanted = name.trim();
  const slice = useMemo(() => {
    const target: SliceTarget | null = wanted ? { name: wanted } : runOrders.size > 0 ? { orders: [...runOrders] } : null;
    return executions && target ? sliceOf(executions, target) : null;
  }, [executions, wanted, runOrders]);
  if (!executions) return <Skeleton rows={6} />;
  const problems = {
    'unknown name': t('Nothing that was recorded makes {name}.', { name: wanted }),
    deleted: t('{name} was deleted before the snapshot was taken.', { name: wanted }),
    'nothing observed': t('It was not recorded what each cell needs: the kernel had another or an older Cellkeep package.'),
  };
  return (
    <div className="ck-nb-slice">
      <p className="ck-dim">
        {t('The cells that something depends on, in an order that runs. Where it cannot be sure it keeps more, and says so.')}
      </p>
      <label className="ck-nb-of">
        <span>{t('Slice of')}</span>
        <input
          className="ck-field ck-mono"
          list={list}
          value={name}
          placeholder={runOrders.size > 0 ? t('this run, or a name') : t('a name')}
          onChange={(event) => setName(event.target.value)}
        />
        <datalist id={list}>
          {names.slice(0, 500).map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </label>
      {slice?.problem && (
        <p className="ck-run-note" role="status">
          <Icon name="warn" size={14} /> {problems[slice.problem]}
        </p>
      )}
      {slice && slice.executions.length > 0 && (
        <>
          <div className="ck-nb-slice-head">
            <b role="status">{t('{n} of {total} executions', { n: slice.executions.length, total: slice.total })}</b>
            <span className="ck-grow" />
            <CopyButton text={scriptOf(slice)} label={t('Copy as a script')}>
              {t('Copy as a script')}
            </CopyButton>
          </div>
          {slice.missing.length > 0 && (
            <p className="ck-run-note ck-warned">
              <Icon name="warn" size={14} />{' '}
              {t('Needed and not kept: {list}', { list: slice.missing.map((order) => `#${order + 1}`).join(', ') })}
            </p>
          )}
          <ol className="ck-nb-steps">
            {slice.executions.map(({ execution, why, sure }) => (
              <li key={execution.id} data-sure={sure}>
                <header>
                  {execution.cellId && onShow ? (
                    <button type="button" className="ck-link ck-mono" onClick={() => onShow(execution.cellId as string)}>
                      {labelOf(execution)}
                    </button>
                  ) : (
                    <span className="ck-mono">{labelOf(execution)}</span>
                  )}
                  {!sure && <span className="ck-chip">{t('to be sure')}</span>}
                  <span className="ck-dim">{why.join('; ')}</span>
                </header>
                <Code source={execution.source} />
              </li>
            ))}
          </ol>
        </>
      )}
      {!slice && <p className="ck-run-none">{t('Write the name of a variable, a figure or a model.')}</p>}
    </div>
  );
}
