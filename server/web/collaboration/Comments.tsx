/** What people say about a run, an experiment or a report: oldest on top, the newest beside the field where one answers. */
import type { Subject } from '@cellkeep/schema/collaboration';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useEffect, useState } from 'react';
import { useMe } from '../access/queries.ts';
import { useHost, useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { Icon } from '../look/icons.tsx';
import { Empty, ErrorState, errorText, Skeleton } from '../look/states.tsx';
import { CommentField } from './CommentField.tsx';
import { CommentItem } from './CommentItem.tsx';
import { keepDraft, useDraft } from './drafts.ts';
import { putComment, useComments } from './queries.ts';

export function Comments({ subject }: { subject: Subject }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const client = useClient();
  const cache = useQueryClient();
  const me = useMe().data?.user;
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useComments(subject);
  const [draft, setDraft] = useDraft(`comment.${subject}`);
  const [isSending, setSending] = useState(false);
  const wanted = useWantedComment();
  const comments = (data?.pages ?? []).flatMap((page) => page.comments).reverse();
  const total = data?.pages[0]?.total ?? 0;
  const isThere = wanted === null || comments.some(({ id }) => id === wanted);

  // A permalink may lead to one that lies pages before.
  useEffect(() => {
    if (data && !isThere && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [data, isThere, hasNextPage, isFetchingNextPage, fetchNextPage]);

  const send = async () => {
    setSending(true);
    try {
      putComment(cache, 'created', await client.collaboration.comments.create({ subject, body: draft }));
      setDraft('');
      keepDraft(`comment.${subject}`, '');
    } catch (failed) {
      host.notify(t('Not sent; your text is kept. {reason}', { reason: errorText(failed, t) }), 'error');
    }
    setSending(false);
  };

  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton rows={6} height={52} />;
  return (
    <div className="ck-comments">
      {wanted !== null && !isThere && !hasNextPage && (
        <p className="ck-run-note" role="status">
          <Icon name="bin" size={14} /> {t('The comment of this address is not here any more.')}
        </p>
      )}
      {comments.length === 0 && (
        <Empty icon="comment" title={t('Nobody has said anything yet')}>
          <p>{t('Ask, answer, say what you saw. Write @ and a name to tell somebody; they find it in their inbox.')}</p>
        </Empty>
      )}
      {hasNextPage && (
        <button type="button" className="ck-btn ck-comments-more" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          <Icon name="up" size={14} />
          {isFetchingNextPage ? t('Loading') : t('Show earlier ones ({n} more)', { n: total - comments.length })}
        </button>
      )}
      <ol className="ck-comment-list" aria-label={t('Comments')}>
        {comments.map((comment) => (
          <CommentItem key={comment.id} comment={comment} me={me} isWanted={comment.id === wanted} />
        ))}
      </ol>
      {me?.role === 'viewer' ? (
        <p className="ck-run-note">
          <Icon name="eye" size={14} />{' '}
          {t('You are a viewer here: you read comments and can be mentioned. To write, ask an owner to make you editor.')}
        </p>
      ) : (
        <CommentField value={draft} onChange={setDraft} onSend={() => void send()} sendLabel={t('Comment')} isSending={isSending} />
      )}
    </div>
  );
}

/** Id of the comment that the address names: `#comment-…`. */
function useWantedComment(): string | null {
  const read = () => /^#comment-([0-9a-f-]{36})$/.exec(location.hash)?.[1] ?? null;
  const [wanted, setWanted] = useState(read);
  useEffect(() => {
    const onHash = () => setWanted(read());
    window.addEventListener('hashchange', onHash);
    return () => window.removeEventListener('hashchange', onHash);
  });
  return wanted;
}
