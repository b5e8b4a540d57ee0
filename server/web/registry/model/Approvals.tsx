/** Who asked that a version moves, who agreed, and the two answers of whoever may give them. */
import type { Approval } from '@cellkeep/schema/registry';
import { type ReactElement, useState } from 'react';
import { useMe } from '../../access/queries.ts';
import { useTranslate } from '../../host.ts';
import { useClient } from '../../live/shared.ts';
import { Icon } from '../../look/icons.tsx';
import { LineField } from '../../look/LineField.tsx';
import { Empty, ErrorState, Skeleton } from '../../look/states.tsx';
import { Ago } from '../../look/Time.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { useApprovals, useAttempt } from '../queries.ts';
import { Tick } from '../Tick.tsx';

export function Approvals({ name }: { name: string }): ReactElement {
  const t = useTranslate();
  const { data, error, refetch } = useApprovals(name);
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton rows={5} height={44} />;
  if (data.length === 0) {
    return (
      <Empty icon="users" title={t('Nobody has asked for an approval')}>
        <p>{t('Where the gate refuses a move, whoever wanted it can ask others here. Enough that agree move the version.')}</p>
      </Empty>
    );
  }
  return (
    <ul className="ck-approvals">
      {data.map((approval) => (
        <ApprovalItem key={approval.id} approval={approval} />
      ))}
    </ul>
  );
}

function ApprovalItem({ approval }: { approval: Approval }): ReactElement {
  const t = useTranslate();
  const me = useMe().data?.user;
  const client = useClient();
  const attempt = useAttempt();
  const [comment, setComment] = useState('');
  const { id, modelName, version, to, status, needed, votes, askedBy, askedAt, endedAt, message } = approval;
  const isOpen = status === 'open';
  const isMine = me?.name === askedBy;
  const agreed = votes.filter(({ agrees }) => agrees).length;
  const vote = (agrees: boolean) => void attempt(() => client.registry.approvals.vote({ id, agrees, comment: comment.trim() }));
  const words = { open: t('open'), approved: t('approved'), refused: t('refused'), withdrawn: t('taken back') };
  return (
    <li className="ck-approval" data-status={status}>
      <p>
        <strong>
          <ViewLink to={{ view: 'modelVersion', name: modelName, version }}>v{version}</ViewLink> →{' '}
          {'stage' in to ? to.stage : `@${to.alias}`}
        </strong>{' '}
        <span className="ck-chip">{words[status]}</span>{' '}
        <span className="ck-dim">
          {t('asked by {name}', { name: askedBy })} <Ago at={endedAt ?? askedAt} /> · {t('{agreed} of {needed} agree', { agreed, needed })}
        </span>
      </p>
      {approval.comment && <p>{approval.comment}</p>}
      {votes.map((one) => (
        <p key={one.userName} className="ck-vote">
          <Tick passes={one.agrees} word={one.agrees ? t('yes') : t('no')} />
          {one.userName} {one.agrees ? t('agrees') : t('refuses')}
          {one.comment && `: ${one.comment}`}
        </p>
      ))}
      {isOpen && message && (
        <p className="ck-warn-text">
          {t('Enough agree, and the gate still says no:')} {message}
        </p>
      )}
      {isOpen && !isMine && me && me.role !== 'viewer' && (
        <div className="ck-vote-form">
          <LineField
            className="ck-why"
            value={comment}
            label={t('What you think of it')}
            hint={t('What you think of it')}
            onText={setComment}
          />
          <button type="button" className="ck-btn ck-primary" onClick={() => vote(true)}>
            <Icon name="check" size={14} /> {t('Agree')}
          </button>
          <button type="button" className="ck-btn ck-danger" onClick={() => vote(false)}>
            {t('Refuse')}
          </button>
        </div>
      )}
      {isOpen && isMine && (
        <button type="button" className="ck-btn ck-small" onClick={() => void attempt(() => client.registry.approvals.withdraw({ id }))}>
          {t('Take it back')}
        </button>
      )}
    </li>
  );
}
