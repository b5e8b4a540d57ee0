/** One version: its card, what it takes and gives, what was measured of it, where it comes from, its files. */
import type { VersionDetails } from '@cellkeep/schema/registry';
import { type ReactElement, useRef, useState } from 'react';
import { PromoteAction } from '../deployment/promote/PromoteAction.tsx';
import { useHost, useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { formatBytes } from '../look/format.ts';
import { Icon } from '../look/icons.tsx';
import { type KeyHint, KeysHelp } from '../look/Keys.tsx';
import { Empty, ErrorState, OfflineBanner, Skeleton } from '../look/states.tsx';
import { Ago } from '../look/Time.tsx';
import { ViewLink } from '../look/ViewLink.tsx';
import { isMissing } from '../tracking/queries.ts';
import { Tabs } from '../tracking/run/Tabs.tsx';
import { Crumbs } from './Crumbs.tsx';
import { Aliases } from './model/Aliases.tsx';
import { GateFindings } from './model/GatePanel.tsx';
import { StageSelect } from './model/StageSelect.tsx';
import { useAttempt, useModelFiles, useModelWatch, useVersion, useVersions } from './queries.ts';
import { Serving } from './Serving.tsx';
import { type Moves, useMoves } from './useMoves.tsx';
import { Card } from './version/Card.tsx';
import { Evaluations } from './version/Evaluations.tsx';
import { ExportReport } from './version/ExportReport.tsx';
import { Files } from './version/Files.tsx';
import { Origin } from './version/Origin.tsx';
import { Signature } from './version/Signature.tsx';

const TABS = ['card', 'signature', 'evaluation', 'origin', 'files'] as const;
type Tab = (typeof TABS)[number];
const tabOf = (said: string | undefined): Tab => TABS.find((tab) => tab === said) ?? 'card';

export default function VersionPage({
  name,
  version: n,
  tab,
  onTab,
}: {
  name: string;
  version: number;
  tab?: string;
  onTab?: (tab: string) => void;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const answer = useVersion(name, n);
  useModelWatch(name);
  if (answer.data) return <Page name={name} details={answer.data} tab={tab} onTab={onTab} />;
  if (answer.error && !isMissing(answer.error)) return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />;
  if (answer.error) {
    return (
      <Empty
        icon="search"
        title={t('There is no version {n} of {name}', { n: Number.isNaN(n) ? '?' : n, name: JSON.stringify(name) })}
        actions={
          <button type="button" className="ck-btn ck-primary" onClick={() => host.navigate({ view: 'model', name })}>
            {t('All versions')}
          </button>
        }
      />
    );
  }
  return (
    <div className="ck-page">
      <OfflineBanner />
      <Skeleton rows={12} />
    </div>
  );
}

function Page({
  name,
  details,
  tab: said,
  onTab,
}: {
  name: string;
  details: VersionDetails;
  tab: string | undefined;
  onTab: ((tab: string) => void) | undefined;
}): ReactElement {
  const t = useTranslate();
  const page = useRef<HTMLDivElement>(null);
  const [own, setOwn] = useState(() => tabOf(said));
  const moves = useMoves(name);
  const { version, bundle } = details;
  const files = useModelFiles(version.loggedModelId);
  const tab = onTab ? tabOf(said) : own;
  const labels: Record<Tab, string> = {
    card: t('Card'),
    signature: t('Signature'),
    evaluation: t('Evaluation'),
    origin: t('Origin'),
    files: t('Files'),
  };
  const counts: Record<Tab, number> = {
    card: 0,
    signature: bundle?.signature.inputs.length ?? 0,
    evaluation: 0,
    origin: 0,
    files: files.data?.length ?? 0,
  };
  return (
    <div ref={page} className="ck-page ck-model-page">
      <OfflineBanner />
      <Head details={details} moves={moves} keys={<KeysHelp keys={keyHints(t)} scope={page} />} />
      <Tabs
        label={t('Parts of the version')}
        tabs={TABS.map((id) => ({
          id,
          label: labels[id],
          count: counts[id],
          to: { view: 'modelVersion', name, version: version.version, tab: id },
        }))}
        selected={tab}
        onSelect={(next) => (onTab ? onTab(next) : setOwn(next))}
      >
        {moves.refusal}
        {tab === 'card' && <Card name={name} version={version.version} mayEdit={moves.mayMove && details.deletedAt === null} />}
        {tab === 'signature' &&
          (bundle ? (
            <>
              <Signature bundle={bundle} loggedModelId={version.loggedModelId} />
              <ExportReport bundle={bundle} />
            </>
          ) : (
            <NoBundle details={details} />
          ))}
        {tab === 'evaluation' && (
          <>
            <Evaluations name={name} version={version.version} canStart={moves.mayMove && bundle !== null && details.deletedAt === null} />
            <section className="ck-section">
              <h2>{t('Gate')}</h2>
              <GateFindings name={name} version={version.version} />
            </section>
          </>
        )}
        {tab === 'origin' && <Origin details={details} />}
        {tab === 'files' && <Files answer={files} loggedModelId={version.loggedModelId} location={version.location} />}
      </Tabs>
    </div>
  );
}

function Head({ details, moves, keys }: { details: VersionDetails; moves: Moves; keys: ReactElement }): ReactElement {
  const t = useTranslate();
  const client = useClient();
  const attempt = useAttempt();
  const { version, bundle, endpoints, deletedAt } = details;
  const { name, version: n } = version;
  const others = useVersions(name, false).data?.pages.flatMap((one) => one.versions.map((other) => other.version.version)) ?? [];
  const before = others.filter((other) => other < n)[0];
  return (
    <header className="ck-model-head">
      <Crumbs label={t('Where this version belongs')} model={name} />
      <div className="ck-run-title">
        <h1>v{n}</h1>
        {deletedAt === null ? (
          <>
            <Aliases aliases={version.aliases} version={n} versions={others} moves={moves} />
            {(moves.mayMove || version.stage !== 'None') && <StageSelect version={n} stage={version.stage} moves={moves} />}
          </>
        ) : (
          <span className="ck-chip ck-warned">{t('deleted')}</span>
        )}
        <span className="ck-grow" />
        {before !== undefined && (
          <ViewLink to={{ view: 'compareVersions', name, a: before, b: n }} className="ck-btn">
            <Icon name="compare" size={14} /> {t('Compare with v{n}', { n: before })}
          </ViewLink>
        )}
        {moves.mayMove && deletedAt === null && (
          <PromoteAction source={{ kind: 'version', modelName: name, version: n }} name={name} isPrimary />
        )}
        {moves.mayMove && deletedAt === null && (
          <button
            type="button"
            className="ck-icon-btn"
            aria-label={t('Delete this version')}
            title={endpoints.length > 0 ? t('It serves: take it out of its endpoint first') : t('Delete this version; it can be restored')}
            disabled={endpoints.length > 0}
            onClick={() => void attempt(() => client.registry.versions.delete({ name, version: n }))}
          >
            <Icon name="bin" size={15} />
          </button>
        )}
        {moves.mayMove && deletedAt !== null && (
          <button
            type="button"
            className="ck-btn ck-primary"
            onClick={() => void attempt(() => client.registry.details.restore({ name, version: n }))}
          >
            <Icon name="undo" size={14} /> {t('Restore')}
          </button>
        )}
        {keys}
      </div>
      <p className="ck-model-facts ck-dim">
        {bundle ? (
          <>
            <span className="ck-mono">{bundle.className}</span> · {bundle.runtime} · {formatBytes(bundle.sizeBytes)} ·{' '}
          </>
        ) : (
          <>{t('no bundle')} · </>
        )}
        <Ago at={version.createdAt} /> · {version.userName}
        {endpoints.length > 0 && (
          <>
            {' '}
            · {t('serves')} <Serving endpoints={endpoints} />
          </>
        )}
      </p>
    </header>
  );
}

/** Registered by an MLflow client: nothing says how it is asked, until it is promoted. */
function NoBundle({ details: { version } }: { details: VersionDetails }): ReactElement {
  const t = useTranslate();
  return (
    <Empty icon="box" title={t('Nobody said what this version takes and gives')}>
      <p>
        {t('It was registered from {source} by an MLflow client. Promote it: the server exports it, checks it and writes that down.', {
          source: version.source,
        })}
      </p>
    </Empty>
  );
}

const keyHints = (t: ReturnType<typeof useTranslate>): KeyHint[] => [
  ['← →', t('go from part to part')],
  ['Tab', t('go from field to field')],
  ['?', t('show these keys')],
];
