import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { PromotionPanel } from '../promote/PromotionPanel.tsx';
import { isNews } from '../promote/PromotionsUnderWay.tsx';
import { usePromotions } from '../queries.ts';

const MOST = 3; // more than that leave no room for the endpoints; all of them stand on the page

/** What is on its way, with its lines: first those that were begun here, which stay until they are closed, then what others began. */
export function SidebarPromotions({
  of,
  begun,
  onAgain,
  onClose,
}: {
  of: { notebookPath?: string };
  begun: readonly string[];
  onAgain: (before: string, next: string) => void;
  onClose: (id: string) => void;
}): ReactElement | null {
  const t = useTranslate();
  const { data } = usePromotions(of);
  const others = (data?.promotions ?? []).filter((one) => isNews(one) && !begun.includes(one.id)).slice(0, MOST);
  if (begun.length + others.length === 0) return null;
  return (
    <section className="ck-deploy-part" aria-label={t('Promotions')}>
      <h3>{t('Promotions')}</h3>
      {begun.map((id) => (
        <PromotionPanel key={id} id={id} isAwaited onAgain={(next) => onAgain(id, next)} onClose={() => onClose(id)} />
      ))}
      {others.map(({ id }) => (
        <PromotionPanel key={id} id={id} onAgain={(next) => onAgain(id, next)} />
      ))}
    </section>
  );
}
