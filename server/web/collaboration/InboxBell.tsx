/** The bell of the header: how many mentions are unread, and which; it rings while the page is open, without being asked. */
import type { Mention } from '@cellkeep/schema/collaboration';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useRef, useState } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { Icon } from '../look/icons.tsx';
import { Popover } from '../look/Popover.tsx';
import { ErrorState, errorText, Skeleton } from '../look/states.tsx';
import { Ago } from '../look/Time.tsx';
import { Avatar } from './Avatars.tsx';
import { viewOf } from './places.ts';
import { plainText } from './plainText.ts';
import { collaborationKeys, useInbox, useUnread } from './queries.ts';
import { useCollaboration } from './watch.ts';

export function InboxBell(): ReactElement {
  const t = useTranslate();
  useCollaboration(null);
  const unread = useUnread();
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const label = unread === 0 ? t('Inbox') : t(unread === 1 ? 'Inbox: {n} unread mention' : 'Inbox: {n} unread mentions', { n: unread });
  return (
    <>
      <button
        ref={button}
        type="button"
        className="ck-icon-btn ck-bell"
        aria-label={label}
        title={label}
        aria-expanded={isOpen}
        aria-haspopup="dialog"
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="bell" />
        {unread > 0 && (
          <span className="ck-bell-count" aria-hidden="true">
            {unread > 99 ? '99+' : unread}
          </span>
        )}
      </button>
      <span className="ck-spoken" role="status">
        {unread > 0 ? label : ''}
      </span>
      {isOpen && (
        <Popover anchor={button} onClose={() => setOpen(false)} label={t('Inbox')} align="end" className="ck-inbox">
          <Inbox onClose={() => setOpen(false)} />
        </Popover>
      )}
    </>
  );
}

function Inbox({ onClose }: { onClose: () => void }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const client = useClient();
  const cache = useQueryClient();
  const unread = useUnread();
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInbox(true);
  const mentions = (data?.pages ?? []).flatMap((page) => page.mentions);

  const markRead = async (commentIds?: string[]) => {
    try {
      const { unread: left } = await client.collaboration.inbox.read(commentIds ? { commentIds } : {});
      cache.setQueryData(collaborationKeys.unread, left);
      void cache.invalidateQueries({ queryKey: [...collaborationKeys.inbox, 'list'] });
    } catch (failed) {
      host.notify(errorText(failed, t), 'error');
    }
  };
  const open = ({ comment, readAt }: Mention) => {
    if (readAt === null) void markRead([comment.id]);
    onClose();
    host.navigate(viewOf(comment.subject));
    // The page that is there now reads it from the address; replaced, so that "back" leads to where one was.
    if (host.kind === 'server') {
      history.replaceState(history.state, '', `${location.pathname}${location.search}#comment-${comment.id}`);
      window.dispatchEvent(new HashChangeEvent('hashchange'));
    }
  };
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton rows={3} height={52} />;
  return (
    <>
      <header>
        <h2>{t('Inbox')}</h2>
        <span className="ck-grow" />
        {unread > 0 && (
          <button type="button" className="ck-btn ck-quiet ck-small" onClick={() => void markRead()}>
            <Icon name="check" size={13} /> {t('All are read')}
          </button>
        )}
      </header>
      {mentions.length === 0 && (
        <p className="ck-inbox-none ck-dim">{t('Nobody has mentioned you. Where somebody writes @ and your name, it appears here.')}</p>
      )}
      <ul>
        {mentions.map((mention) => (
          <li key={mention.comment.id}>
            <button
              type="button"
              className="ck-inbox-item"
              data-unread={mention.readAt === null ? '' : undefined}
              onClick={() => open(mention)}
            >
              <Avatar id={mention.comment.by.id} name={mention.comment.by.name} />
              <span className="ck-inbox-words">
                <span>
                  <b>{mention.comment.by.name}</b> {t('on')}{' '}
                  <span className="ck-inbox-subject">{mention.subjectName || mention.comment.subject}</span>
                </span>
                <span className="ck-dim ck-inbox-body">{plainText(mention.comment.body)}</span>
              </span>
              <span className="ck-faint ck-inbox-when">
                <Ago at={mention.at} />
                {mention.readAt === null && <span className="ck-spoken">{t('unread')}</span>}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <button type="button" className="ck-btn ck-quiet ck-inbox-more" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t('Show more')}
        </button>
      )}
    </>
  );
}
