/** From the id in an answer's header to everything that is known of it. */
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { CopyButton } from '../../look/CopyButton.tsx';
import { OfflineBanner } from '../../look/states.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { FindPrediction } from '../FindPrediction.tsx';
import { PredictionDetail } from './PredictionDetail.tsx';
import { usePrediction } from './usePrediction.ts';

export default function PredictionPage({ id }: { id: string }): ReactElement {
  const t = useTranslate();
  const { data } = usePrediction(id);
  return (
    <div className="ck-page ck-run-page">
      <OfflineBanner />
      <header className="ck-run-head">
        <nav className="ck-run-crumbs" aria-label={t('Where this prediction belongs')}>
          <ViewLink to={{ view: 'endpoints' }} className="ck-crumb">
            {t('Endpoints')}
          </ViewLink>
          {data && (
            <>
              <span aria-hidden="true">/</span>
              <ViewLink to={{ view: 'endpoint', name: data.endpoint, tab: 'requests' }} className="ck-crumb">
                {data.endpoint}
              </ViewLink>
            </>
          )}
        </nav>
        <div className="ck-run-title">
          <h1 className="ck-prediction-id" title={id}>
            {t('Prediction')} <span className="ck-mono">{id.slice(0, 12)}…</span>
          </h1>
          <CopyButton text={id} label={t('Copy the id')} />
          <span className="ck-grow" />
          <FindPrediction />
        </div>
      </header>
      <div className="ck-scroll ck-prediction-page">
        <PredictionDetail key={id} id={id} />
      </div>
    </div>
  );
}
