import type { User } from '@cellkeep/schema/access';
import type { Comment } from '@cellkeep/schema/collaboration';
import { useQueryClient } from '@tanstack/react-query';
import { memo, type ReactElement, useEffect, useRef, useState } from 'react';
import { type Translate, useHost, useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { exactTime } from '../look/format.ts';
import { Icon } from '../look/icons.tsx';
import { Markdown } from '../look/Markdown.tsx';
import { MenuButton, type MenuItem } from '../look/Menu.tsx';
import { errorText } from '../look/states.tsx';
import { Ago } from '../look/Time.tsx';
import { Avatar } from './Avatars.tsx';
import { CommentField } from './CommentField.tsx';
import { addressOf } from './places.ts';
import { putComment } from './queries.ts';

/** Remembered: of a thousand comments one that comes draws itself alone. */
export const CommentItem = memo(function CommentItem({
  comment,
  me,
  isWanted,
}: {
  comment: Comment;
  me: User | undefined;
  isWanted: boolean;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const client = useClient();
  const cache = useQueryClient();
  const [draft, setDraft] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const item = useRef<HTMLLIElement>(null);
  const { id, by, body, createdAt, editedAt, mentions } = comment;
  const isMine = me?.id === by.id;

  useEffect(() => {
    if (isWanted) item.current?.scrollIntoView({ block: 'center' });
  }, [isWanted]);

  /** Says what went wrong and changes nothing then. */
  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    try {
      await work();
    } catch (error) {
      host.notify(errorText(error, t), 'error');
    }
    setBusy(false);
  };
  const save = () =>
    attempt(async () => {
      if (draft === null) return;
      putComment(cache, 'edited', await client.collaboration.comments.update({ id, body: draft }));
      setDraft(null);
    });
  const remove = () =>
    attempt(async () => {
      await client.collaboration.comments.delete({ id });
      putComment(cache, 'deleted', comment);
    });
  const copyLink = async () => {
    try {
      await navigator.clipboard.writeText(addressOf(host, comment.subject, id) ?? '');
      host.notify(t('The address of this comment is copied.'), 'info');
    } catch {
      host.notify(t('The browser does not allow copying here.'), 'error');
    }
  };
  return (
    <li ref={item} className="ck-comment" id={`comment-${id}`} data-wanted={isWanted ? '' : undefined}>
      <Avatar id={by.id} name={by.name} />
      <article aria-label={t('Comment of {name}', { name: by.name })}>
        <header>
          <b>{by.name}</b>
          <a className="ck-faint" href={`#comment-${id}`} title={t('Address of this comment')}>
            <Ago at={createdAt} />
          </a>
          {editedAt !== null && (
            <span className="ck-faint" title={exactTime(editedAt)}>
              {t('edited')}
            </span>
          )}
          <span className="ck-grow" />
          <MenuButton
            label={t('What can be done with this comment')}
            className="ck-icon-btn"
            align="end"
            items={() =>
              itemsOf({ isMine, isOwner: me?.role === 'owner', canWrite: me?.role !== 'viewer' }, t, {
                copyLink: () => void copyLink(),
                edit: () => setDraft(body),
                remove: () => setAsking(true),
              })
            }
          >
            <Icon name="more" size={15} />
          </MenuButton>
        </header>
        {draft === null ? (
          <Markdown source={body} people={mentions} />
        ) : (
          <CommentField
            value={draft}
            onChange={setDraft}
            onSend={() => void save()}
            onCancel={() => setDraft(null)}
            sendLabel={t('Save')}
            isSending={isBusy}
            autoFocus
          />
        )}
        {isAsking && (
          <p className="ck-comment-ask" role="alert">
            <span>{t('Delete this comment for everybody? It cannot be taken back.')}</span>
            <button type="button" className="ck-btn ck-danger ck-small" disabled={isBusy} onClick={() => void remove()}>
              {t('Delete')}
            </button>
            <button type="button" className="ck-btn ck-quiet ck-small" onClick={() => setAsking(false)}>
              {t('Keep')}
            </button>
          </p>
        )}
      </article>
    </li>
  );
});

function itemsOf(
  { isMine, isOwner, canWrite }: { isMine: boolean; isOwner: boolean; canWrite: boolean },
  t: Translate,
  act: { copyLink: () => void; edit: () => void; remove: () => void },
): MenuItem[] {
  return [
    { label: t('Copy its address'), icon: 'copy' as const, onSelect: act.copyLink },
    ...(isMine && canWrite ? [{ label: t('Edit'), icon: 'pencil' as const, onSelect: act.edit }] : []),
    ...(isMine || isOwner ? [{ label: t('Delete'), icon: 'bin' as const, danger: true, onSelect: act.remove }] : []),
  ];
}
