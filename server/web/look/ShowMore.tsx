import type { ReactElement } from 'react';
import { useTranslate } from '../host.ts';

/** Below a list that comes page by page: asks for the next one; nothing where there is none. */
export function ShowMore({
  answer,
  className = 'ck-show-more',
}: {
  /** What `useInfiniteQuery` gives. */
  answer: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> };
  className?: string;
}): ReactElement | null {
  const t = useTranslate();
  if (!answer.hasNextPage) return null;
  return (
    <button
      type="button"
      className={`ck-btn ck-quiet ${className}`}
      disabled={answer.isFetchingNextPage}
      onClick={() => void answer.fetchNextPage()}
    >
      {t('Show more')}
    </button>
  );
}
