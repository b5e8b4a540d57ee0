/** What a snapshot ran on: all that its kernel's half says beside the cells. */
import type { Environment, Snapshot } from '@cellkeep/schema/design';
import type { ReactElement, ReactNode } from 'react';
import { useTranslate } from '../../host.ts';
import { Code } from '../../look/Code.tsx';
import { formatBytes } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { ErrorState, Skeleton } from '../../look/states.tsx';
import { useEnvironment } from '../queries.ts';
import { Files } from './Files.tsx';
import { Git } from './Git.tsx';
import { Packages } from './Packages.tsx';

export function RanOn({ snapshot, other }: { snapshot: Snapshot; other: Snapshot | null }): ReactElement {
  const t = useTranslate();
  const { kernel } = snapshot;
  const { data: environment, error, refetch } = useEnvironment(kernel?.environment ?? null);
  if (!kernel) {
    return (
      <p className="ck-run-none">
        {t('Nothing was recorded of what it ran on: no Cellkeep package was in the kernel. In its environment: pip install cellkeep')}
      </p>
    );
  }
  const variables = Object.entries(kernel.variables).sort(([a], [b]) => a.localeCompare(b));
  return (
    <div className="ck-nb-ranon">
      {kernel.warnings.map((warning) => (
        <p key={warning} className="ck-run-note ck-warned">
          <Icon name="warn" size={14} /> {warning}
        </p>
      ))}
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {kernel.environment && !environment && !error && <Skeleton rows={5} />}
      {environment && (
        <>
          <Part title={t('Machine')} isOpen>
            <Pairs pairs={machineOf(environment)} />
          </Part>
          <Part title={t('Packages')} count={environment.packages.length}>
            <Packages packages={environment.packages} />
          </Part>
        </>
      )}
      <Part title={t('Git')} isOpen>
        {kernel.git ? (
          <Git git={kernel.git} />
        ) : (
          <p className="ck-run-none">{t('The folder was in no git repository, or git did not answer.')}</p>
        )}
      </Part>
      <Part title={t('Files opened')} count={kernel.files.length} isOpen={kernel.files.length > 0}>
        <Files files={kernel.files} before={other?.kernel?.files ?? null} />
      </Part>
      <Part title={t('Data versions')} count={kernel.data.length} isOpen={kernel.data.length > 0}>
        {kernel.data.length === 0 ? (
          <p className="ck-run-none">{t('No dataset or feature version was read.')}</p>
        ) : (
          <Pairs pairs={kernel.data.map(({ kind, name, version }) => [`${kind} ${name}`, <code key={name}>{version}</code>])} />
        )}
      </Part>
      <Part title={t('Seeds')} count={kernel.seeds.length} isOpen>
        {kernel.seeds.length === 0 ? (
          <p className="ck-run-none">{t('No seed was set: what is drawn at random is drawn anew each time.')}</p>
        ) : (
          <Pairs
            pairs={kernel.seeds.map(({ generator, seed, order }) => [
              generator,
              <span key={generator}>
                {seed ?? t('only its state is known')}{' '}
                <span className="ck-dim">{order === null ? t('before the first cell') : t('by execution #{n}', { n: order + 1 })}</span>
              </span>,
            ])}
          />
        )}
      </Part>
      <Part title={t('Environment variables')} count={variables.length}>
        {variables.length === 0 ? <p className="ck-run-none">{t('None was kept.')}</p> : <Pairs pairs={variables} isCode />}
      </Part>
      <Part title={t('Command line')}>
        <Code source={kernel.commandLine.join(' ')} plain />
        {kernel.folder && (
          <p className="ck-dim">
            {t('in')} <code className="ck-mono">{kernel.folder}</code>
          </p>
        )}
      </Part>
    </div>
  );

  function machineOf({
    python,
    implementation,
    language,
    os,
    machine,
    cpu,
    cpuCount,
    memoryBytes,
    gpus,
  }: Environment): [string, ReactNode][] {
    const pairs: [string, ReactNode][] = [];
    if (python) pairs.push(['Python', [python, implementation].filter(Boolean).join(' · ')]);
    if (language) pairs.push([t('Language'), `${language.name} ${language.version}`]);
    pairs.push([t('System'), [os, machine].filter(Boolean).join(' · ') || '–']);
    pairs.push([t('CPU'), `${cpu || '–'}${cpuCount > 0 ? ` × ${cpuCount}` : ''}`]);
    if (memoryBytes > 0) pairs.push([t('Memory'), formatBytes(memoryBytes)]);
    const one = (gpu: Environment['gpus'][number]) => `${gpu.name} · ${formatBytes(gpu.memoryBytes)} · ${gpu.driver}`;
    pairs.push([t('GPU'), gpus.length > 0 ? gpus.map(one).join('\n') : t('none')]);
    return pairs;
  }
}

function Part({
  title,
  count,
  isOpen = false,
  children,
}: {
  title: string;
  count?: number;
  isOpen?: boolean;
  children: ReactNode;
}): ReactElement {
  return (
    <details className="ck-nb-part" open={isOpen}>
      <summary>
        <h3>{title}</h3>
        {count !== undefined && count > 0 && <span className="ck-tab-count">{count}</span>}
      </summary>
      {children}
    </details>
  );
}

export function Pairs({ pairs, isCode = false }: { pairs: readonly (readonly [string, ReactNode])[]; isCode?: boolean }): ReactElement {
  return (
    <dl className="ck-run-pairs">
      {pairs.map(([name, value], i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two data sets may have one name
        <div key={`${i} ${name}`}>
          <dt title={name}>{name}</dt>
          <dd className={isCode ? 'ck-mono' : 'ck-run-text'}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
