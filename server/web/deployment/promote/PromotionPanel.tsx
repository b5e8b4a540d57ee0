/** One promotion: its five lines, why it failed and what to do then, and at its end the endpoint to try. */
import type { Promotion } from '@cellkeep/schema/deployment';
import { type ReactElement, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { type KernelPromotionNews, type Readable, useHost, useReadable, useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { ErrorState, Skeleton } from '../../look/states.tsx';
import { Ago } from '../../look/Time.tsx';
import { useTrusting } from '../../look/TrustQuestion.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { useAttempt } from '../attempt.ts';
import { ModelVersionLink } from '../ModelVersionLink.tsx';
import { deploymentKeys, isUnderWay, useDeploymentClient, usePromotion } from '../queries.ts';
import { promotionWord } from '../words.ts';
import { helpsInPython } from './helpsInPython.ts';
import { PromotionSteps } from './PromotionSteps.tsx';
import { usePromote } from './usePromote.ts';

export function PromotionPanel({
  id,
  isAwaited = false,
  onAgain,
  onClose,
}: {
  id: string;
  /** The kernel was asked for it a moment ago; the server may not know it yet. */
  isAwaited?: boolean;
  /** Told of the id of the next try. */
  onAgain: (id: string) => void;
  onClose?: () => void;
}): ReactElement {
  const t = useTranslate();
  const news = useReadable(useHost().promotionNews ?? noNews).get(id);
  const isOver = news?.status === 'failed' || news?.status === 'cancelled';
  const { data: promotion, error, refetch } = usePromotion(id, isAwaited && !isOver);
  if (!promotion) {
    if (isOver) return <NeverBegun news={news} onClose={onClose} />;
    if (error && !isAwaited) return <ErrorState error={error} onRetry={() => void refetch()} />;
    if (!isAwaited) return <Skeleton rows={5} />;
    return (
      <section className="ck-promotion" aria-label={t('Promotion')} data-status="asked">
        <header>
          <b>{t('The kernel was asked')}</b>
          <span className="ck-grow" />
          {onClose && <CloseButton onClose={onClose} />}
        </header>
        <PromotionSteps promotion={null} news={news?.steps} />
        {!news && <Busy />}
      </section>
    );
  }
  const { modelName, endpoint, version, status } = promotion;
  return (
    <section className="ck-promotion" aria-label={t('Promotion of {name}', { name: modelName })} data-status={status}>
      <header>
        <b title={modelName}>
          {version === null ? modelName : <ModelVersionLink name={modelName} version={version} />}
          {endpoint && status !== 'done' && <span className="ck-dim"> → {endpoint}</span>}
        </b>
        <span className="ck-promotion-state" data-status={status}>
          {promotionWord(status, t)}
        </span>
        <span className="ck-grow" />
        <span className="ck-faint ck-promotion-who">
          {promotion.userName} · <Ago at={promotion.askedAt} />
        </span>
        {onClose && <CloseButton onClose={onClose} />}
      </header>
      <PromotionSteps promotion={promotion} />
      {promotion.error && !isTold(promotion) && (
        <p className="ck-promotion-error" role="alert">
          {promotion.error}
        </p>
      )}
      <Actions promotion={promotion} onAgain={onAgain} />
    </section>
  );
}

/** The line that failed says it already, and whole. */
const isTold = ({ steps, error }: Promotion) => steps.some(({ status, text }) => status === 'failed' && text.trim() === error?.trim());

const NONE: ReadonlyMap<string, KernelPromotionNews> = new Map();
const noNews: Readable<ReadonlyMap<string, KernelPromotionNews>> = { get: () => NONE, subscribe: () => () => undefined };

/** It ended in the kernel before the server heard of it: the model is gone, or the server is away. */
function NeverBegun({ news, onClose }: { news: KernelPromotionNews; onClose: (() => void) | undefined }): ReactElement {
  const t = useTranslate();
  return (
    <section className="ck-promotion" aria-label={t('Promotion')} data-status="failed">
      <header>
        <b>{news.status === 'cancelled' ? t('Cancelled in the kernel') : t('The kernel could not promote it')}</b>
        <span className="ck-grow" />
        {onClose && <CloseButton onClose={onClose} />}
      </header>
      {news.steps.length > 0 && <PromotionSteps promotion={null} news={news.steps} />}
      {news.error && (
        <p className="ck-promotion-error" role="alert">
          {news.error}
        </p>
      )}
    </section>
  );
}

function CloseButton({ onClose }: { onClose: () => void }): ReactElement {
  const t = useTranslate();
  return (
    <button type="button" className="ck-icon-btn" aria-label={t('Close')} title={t('Close')} onClick={onClose}>
      <Icon name="close" size={12} />
    </button>
  );
}

/** A kernel without a shell beside hears of it after its cell. */
function Busy(): ReactElement | null {
  const t = useTranslate();
  const notebook = useReadable(useHost().notebook);
  if (notebook?.kernel !== 'busy') return null;
  return <p className="ck-field-note">{t('The kernel is busy: it begins as soon as its cell is done.')}</p>;
}

function Actions({ promotion, onAgain }: { promotion: Promotion; onAgain: (id: string) => void }): ReactElement | null {
  const t = useTranslate();
  const host = useHost();
  const client = useDeploymentClient();
  const attempt = useAttempt();
  const start = usePromote();
  const notebook = useReadable(host.notebook);
  const trusting = useTrusting(deploymentKeys.all);
  const mayChange = useMayWrite();
  const [isStarting, setStarting] = useState(false);
  const { source, status, endpoint, modelName, options } = promotion;
  if (isUnderWay(promotion)) {
    if (!mayChange) return null;
    return (
      <div className="ck-promote-buttons">
        <button type="button" className="ck-btn" onClick={() => void attempt(() => client.promotions.cancel({ id: promotion.id }))}>
          <Icon name="stop" size={14} /> {t('Cancel')}
        </button>
      </div>
    );
  }
  if (status === 'done') {
    return endpoint ? (
      <div className="ck-promote-buttons">
        <ViewLink to={{ view: 'endpoint', name: endpoint }} className="ck-btn ck-primary ck-open-endpoint" title={endpoint}>
          <Icon name="rocket" size={14} /> <span>{t('Open {name}', { name: endpoint })}</span>
        </ViewLink>
      </div>
    ) : null;
  }
  if (!mayChange) return null;
  const isHere = source.kind !== 'cell' || (host.promote && notebook?.path === source.notebookPath);
  if (!isHere) {
    return source.kind === 'cell' ? (
      <p className="ck-field-note">{t('To try again, open {path} and promote it from its cell.', { path: source.notebookPath })}</p>
    ) : null;
  }
  const again = async (runtime: typeof options.runtime) => {
    setStarting(true);
    const next = await trusting.attempt((trustUser) =>
      start({ source, modelName, endpoint, options: { ...options, runtime }, ...(trustUser ? { trustUser } : {}) }),
    );
    setStarting(false);
    if (next) onAgain(next);
  };
  const mayUsePython = helpsInPython(promotion);
  if (trusting.question) return trusting.question;
  return (
    <div className="ck-promote-buttons">
      {mayUsePython && (
        <button type="button" className="ck-btn ck-primary" disabled={isStarting} onClick={() => void again('python')}>
          {t('Use Python worker instead')}
        </button>
      )}
      <button
        type="button"
        className={mayUsePython ? 'ck-btn' : 'ck-btn ck-primary'}
        disabled={isStarting}
        onClick={() => void again(options.runtime)}
      >
        <Icon name="refresh" size={14} /> {t('Try again')}
      </button>
    </div>
  );
}
