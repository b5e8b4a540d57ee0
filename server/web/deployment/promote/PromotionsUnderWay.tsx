import type { Promotion } from '@cellkeep/schema/deployment';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { ViewLink } from '../../look/ViewLink.tsx';
import { isUnderWay, usePromotions } from '../queries.ts';
import { promotionWord, STEP_MARKS } from '../words.ts';

const FRESH = 600_000; // ms; what failed longer ago is no news

/** What is on its way, and what has just failed on it: one line each, that leads to its page. */
export function PromotionsUnderWay({ of }: { of: { notebookPath?: string; endpoint?: string } }): ReactElement | null {
  const t = useTranslate();
  const { data } = usePromotions(of);
  const shown = newsOf(data?.promotions ?? []);
  if (shown.length === 0) return null;
  return (
    <ul className="ck-underway" aria-label={t('Promotions')}>
      {shown.map((promotion) => (
        <li key={promotion.id}>
          <ViewLink to={{ view: 'promotion', id: promotion.id }} className="ck-underway-row">
            <b>{promotion.modelName}</b>
            {promotion.endpoint && <span className="ck-dim">→ {promotion.endpoint}</span>}
            <span className="ck-underway-steps" aria-hidden="true">
              {promotion.steps.map(({ step, status }) => (
                <i key={step} data-mood={STEP_MARKS[status].mood}>
                  {STEP_MARKS[status].mark}
                </i>
              ))}
            </span>
            <span className="ck-underway-text" data-status={promotion.status}>
              {stepText(promotion) ?? promotionWord(promotion.status, t)}
            </span>
          </ViewLink>
        </li>
      ))}
    </ul>
  );
}

/** @param promotions newest first: what failed and was tried again since is no news either */
export const newsOf = (promotions: readonly Promotion[]): Promotion[] =>
  promotions.filter(
    (one, i) =>
      isNews(one) &&
      (isUnderWay(one) ||
        !promotions.slice(0, i).some(({ modelName, endpoint }) => modelName === one.modelName && endpoint === one.endpoint)),
  );

const isNews = (promotion: Promotion): boolean =>
  isUnderWay(promotion) ||
  ((promotion.status === 'failed' || promotion.status === 'lost') && Date.now() - (promotion.endedAt ?? promotion.askedAt) < FRESH);

/** What it does now, or where it failed. */
function stepText({ steps, error }: Promotion): string | null {
  const at = steps.find(({ status }) => status === 'failed' || status === 'running');
  if (!at) return error;
  return at.status === 'failed' ? `${at.step}: ${error ?? at.text}` : at.text ? `${at.step}: ${at.text}` : at.step;
}
