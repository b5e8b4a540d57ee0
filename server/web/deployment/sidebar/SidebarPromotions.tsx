import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { PromotionPanel } from '../promote/PromotionPanel.tsx';
import { newsOf } from '../promote/PromotionsUnderWay.tsx';
import { useEndpoint, usePromotion, usePromotions } from '../queries.ts';
import { TryIt } from '../tryit/TryIt.tsx';

const MOST = 3; // more than that leave no room for the endpoints; all of them stand on the page

/** What is on its way, with its lines: first those that were begun here, which stay until they are closed, then what others began. */
export function SidebarPromotions({
  of,
  begun,
  replaced,
  onAgain,
  onClose,
}: {
  of: { notebookPath?: string };
  begun: readonly string[];
  /** Whose place a next try has taken. */
  replaced: readonly string[];
  onAgain: (before: string, next: string) => void;
  onClose: (id: string) => void;
}): ReactElement | null {
  const t = useTranslate();
  const { data } = usePromotions(of);
  const others = newsOf(data?.promotions ?? [])
    .filter(({ id }) => !begun.includes(id) && !replaced.includes(id))
    .slice(0, MOST);
  if (begun.length + others.length === 0) return null;
  return (
    <section className="ck-deploy-part" aria-label={t('Promotions')}>
      <h3>{t('Promotions')}</h3>
      {begun.map((id) => (
        <div key={id}>
          <PromotionPanel id={id} isAwaited onAgain={(next) => onAgain(id, next)} onClose={() => onClose(id)} />
          <TryServed id={id} />
        </div>
      ))}
      {others.map(({ id }) => (
        <PromotionPanel key={id} id={id} onAgain={(next) => onAgain(id, next)} />
      ))}
    </section>
  );
}

/** What was promoted here a moment ago is tried here too, filled in with its example. */
function TryServed({ id }: { id: string }): ReactElement | null {
  const t = useTranslate();
  const { data: promotion } = usePromotion(id);
  const { data: endpoint } = useEndpoint(promotion?.status === 'done' ? promotion.endpoint : null);
  const [isOpen, setOpen] = useState(true);
  if (!endpoint) return null;
  return (
    <div className="ck-try-served">
      <button type="button" className="ck-btn ck-quiet ck-small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Icon name={isOpen ? 'down' : 'right'} size={12} /> {t('Try it here')}
      </button>
      {isOpen && <TryIt endpoint={endpoint} />}
    </div>
  );
}
