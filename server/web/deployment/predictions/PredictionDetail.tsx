/** One request: what was asked and answered, why, what made its model, whether it would be answered so again, what came of it. */
import type { Prediction } from '@cellkeep/schema/deployment';
import { fromWire } from '@cellkeep/schema/wire';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { useTranslate } from '../../host.ts';
import { exactTime, formatMetric, groupThousands } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { LineField } from '../../look/LineField.tsx';
import { Empty, ErrorState, errorText, Skeleton } from '../../look/states.tsx';
import { Ago } from '../../look/Time.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { isMissing } from '../../tracking/queries.ts';
import { useAttempt } from '../attempt.ts';
import { ModelVersionLink } from '../ModelVersionLink.tsx';
import { formatMicros } from '../numbers.ts';
import { deploymentKeys, useDeploymentClient } from '../queries.ts';
import { Origin } from './Origin.tsx';
import { RowsTable } from './RowsTable.tsx';
import { usePrediction } from './usePrediction.ts';
import { Why } from './Why.tsx';

export function PredictionDetail({ id }: { id: string }): ReactElement {
  const t = useTranslate();
  const { data, error, refetch } = usePrediction(id);
  const mayChange = useMayWrite();
  const [row, setRow] = useState(0);
  if (!data) {
    if (error && isMissing(error)) {
      return (
        <Empty icon="search" title={t('Nothing is known of this request')}>
          <p>{t('It is of another workspace, older than what is kept, or the id was cut off.')}</p>
        </Empty>
      );
    }
    return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton rows={8} />;
  }
  const { inputs, outputs, rows } = data;
  const isMany = rows > 1;
  return (
    <div className="ck-prediction">
      <Facts prediction={data} />
      {inputs ? (
        <section aria-label={t('Asked')}>
          <h3>{t('Asked')}</h3>
          {isMany ? <RowsTable rows={inputs} label={t('Asked')} chosen={row} onChoose={setRow} /> : <OneRow rows={inputs} />}
        </section>
      ) : (
        <p className="ck-run-none">{t('Its rows were not among those that are kept.')}</p>
      )}
      {outputs && (
        <section aria-label={t('Answered')}>
          <h3>{t('Answered')}</h3>
          <RowsTable rows={outputs} label={t('Answered')} {...(isMany ? { chosen: row, onChoose: setRow } : {})} />
        </section>
      )}
      {inputs && data.status < 400 && <Why id={id} row={row} isMany={isMany} />}
      <Origin origin={data.origin} modelName={data.modelName} version={data.version} />
      {inputs && data.status < 400 && <Replay id={id} />}
      {(mayChange || data.feedback.length > 0) && <FeedbackPart prediction={data} row={row} maySend={mayChange} />}
    </div>
  );
}

function Facts({ prediction }: { prediction: Prediction }): ReactElement {
  const t = useTranslate();
  const { at, status, latencyUs, rows, protocol, endpoint, modelName, version, tokenLabel, isShadow } = prediction;
  return (
    <dl className="ck-facts">
      <dt>{t('When')}</dt>
      <dd title={exactTime(at)}>
        <Ago at={at} />
      </dd>
      <dt>{t('Answer')}</dt>
      <dd>
        <b className={status >= 400 ? 'ck-bad' : undefined}>{status}</b> {t('in')} {formatMicros(latencyUs)}
        {isShadow && ` · ${t('as a shadow: nobody got it')}`}
      </dd>
      <dt>{t('Rows')}</dt>
      <dd>
        {groupThousands(rows)} · {protocol}
        {tokenLabel && ` · ${tokenLabel}`}
      </dd>
      <dt>{t('By')}</dt>
      <dd>
        <ViewLink to={{ view: 'endpoint', name: endpoint }}>{endpoint}</ViewLink> · <ModelVersionLink name={modelName} version={version} />
      </dd>
    </dl>
  );
}

/** One row reads better downwards. */
function OneRow({ rows: { columns, data } }: { rows: NonNullable<Prediction['inputs']> }): ReactElement {
  const values = data[0] ?? [];
  return (
    <dl className="ck-facts ck-one-row">
      {columns.map((name, i) => (
        <div key={name}>
          <dt title={name}>{name}</dt>
          <dd>
            {values[i] === null || values[i] === undefined
              ? '–'
              : typeof values[i] === 'object'
                ? JSON.stringify(values[i])
                : String(values[i])}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Replay({ id }: { id: string }): ReactElement {
  const t = useTranslate();
  const { predictions } = useDeploymentClient();
  const [isAsked, setAsked] = useState(false);
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['deployment', 'replay', id],
    enabled: isAsked,
    queryFn: ({ signal }) => predictions.replay({ id }, { signal }),
  });
  return (
    <section aria-label={t('Asked again')}>
      <h3>
        {t('Asked again')}
        <span className="ck-grow" />
        <button
          type="button"
          className="ck-btn ck-small"
          disabled={isFetching}
          onClick={() => {
            if (isAsked) void refetch();
            setAsked(true);
          }}
        >
          <Icon name="refresh" size={13} /> {isFetching ? t('Asking…') : t('Replay')}
        </button>
      </h3>
      {error && <p className="ck-promotion-error">{errorText(error, t)}</p>}
      {data && (
        <p className={data.same ? 'ck-replay-same' : 'ck-warned'} role="status">
          {data.same ? t('✓ The same version gives the same answer.') : t('≈ The same version gives another answer.')}
          {data.maxDifference !== null &&
            fromWire(data.maxDifference) !== 0 &&
            ` ${t('Greatest difference {n}.', { n: formatMetric(data.maxDifference) })}`}
        </p>
      )}
      {data && !data.same && <RowsTable rows={data.outputs} label={t('Answered now')} />}
    </section>
  );
}

function FeedbackPart({ prediction, row, maySend }: { prediction: Prediction; row: number; maySend: boolean }): ReactElement {
  const t = useTranslate();
  const { predictions } = useDeploymentClient();
  const cache = useQueryClient();
  const attempt = useAttempt();
  const [text, setText] = useState('');
  const [label, setLabel] = useState('');
  const send = async (value: number, said: string | null) => {
    const done = await attempt(() => predictions.feedback({ id: prediction.id, row, value, label: said }));
    if (!done) return;
    setText('');
    setLabel('');
    await cache.invalidateQueries({ queryKey: deploymentKeys.prediction(prediction.id) });
  };
  const number = Number(text);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== '' && Number.isFinite(number)) void send(number, label.trim() || null);
  };
  return (
    <section aria-label={t('What came of it')}>
      <h3>{t('What came of it')}</h3>
      {maySend && (
        <form className="ck-line-form" onSubmit={onSubmit}>
          <button type="button" className="ck-btn ck-small" onClick={() => void send(1, label.trim() || null)}>
            <Icon name="check" size={13} /> {t('Right')}
          </button>
          <button type="button" className="ck-btn ck-small" onClick={() => void send(0, label.trim() || null)}>
            <Icon name="close" size={13} /> {t('Wrong')}
          </button>
          <LineField
            className="ck-token-rate"
            value={text}
            inputMode="decimal"
            label={t('What it was worth, as a number')}
            hint={t('a number')}
            onText={setText}
          />
          <LineField
            className="ck-token-rate"
            value={label}
            maxLength={1_000}
            label={t('The true label')}
            hint={t('true label')}
            onText={setLabel}
          />
          <button type="submit" className="ck-btn ck-small" disabled={text.trim() === '' || !Number.isFinite(number)}>
            {t('Send')}
          </button>
        </form>
      )}
      {prediction.feedback.length > 0 && (
        <ul className="ck-feedback">
          {prediction.feedback.map((one) => (
            <li key={`${one.row} ${one.at} ${String(one.value)}`}>
              {prediction.rows > 1 && <span className="ck-faint">{t('row {n}', { n: one.row })}</span>} <b>{formatMetric(one.value)}</b>
              {one.label !== null && <span> {one.label}</span>} <Ago at={one.at} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
