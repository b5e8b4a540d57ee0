/** A promotion as a page: its lines, and when it serves, the endpoint to try. */
import { type ReactElement, useEffect, useState } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { OfflineBanner } from '../../look/states.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { isMissing } from '../../tracking/queries.ts';
import { Missing } from '../Missing.tsx';
import { useEndpoint, usePromotion } from '../queries.ts';
import { TryIt } from '../tryit/TryIt.tsx';
import { useDeploymentWatch } from '../watch.ts';
import { PromotionPanel } from './PromotionPanel.tsx';

const GRACE = 30_000; // ms; a kernel that was asked a moment ago may not have told the server yet

export default function PromotionPage({ id }: { id: string }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const [isAwaited, setAwaited] = useState(true);
  useDeploymentWatch();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another promotion has a time of its own
  useEffect(() => {
    setAwaited(true);
    const timer = setTimeout(() => setAwaited(false), GRACE);
    return () => clearTimeout(timer);
  }, [id]);
  const { data: promotion, error } = usePromotion(id, isAwaited);
  const isServing = promotion?.status === 'done' && promotion.endpoint !== null;
  const { data: endpoint } = useEndpoint(isServing ? promotion.endpoint : null);
  if (!promotion && error && isMissing(error) && !isAwaited) return <Missing what={t('There is no such promotion')} id={id} />;
  return (
    <div className="ck-page ck-run-page">
      <OfflineBanner />
      <header className="ck-run-head">
        <nav className="ck-run-crumbs" aria-label={t('Where this promotion belongs')}>
          <ViewLink to={{ view: 'endpoints' }} className="ck-crumb">
            {t('Endpoints')}
          </ViewLink>
          {promotion?.endpoint && (
            <>
              <span aria-hidden="true">/</span>
              <ViewLink to={{ view: 'endpoint', name: promotion.endpoint }} className="ck-crumb">
                {promotion.endpoint}
              </ViewLink>
            </>
          )}
        </nav>
        <div className="ck-run-title">
          <h1>{promotion ? t('Promotion of {name}', { name: promotion.modelName }) : t('Promotion')}</h1>
        </div>
      </header>
      <div className="ck-scroll ck-promotion-body">
        <PromotionPanel id={id} isAwaited={isAwaited} onAgain={(next) => host.navigate({ view: 'promotion', id: next })} />
        {endpoint && <TryIt endpoint={endpoint} />}
      </div>
    </div>
  );
}
