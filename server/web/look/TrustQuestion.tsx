/**
 * Another person's pickle is code of theirs: whoever lets it run on the server names that person first. What the server refuses for want
 * of a name is asked again here, with the name in it; nothing has run until then.
 */
import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { oneAtATime, type Standing } from './oneAtATime.ts';
import { issuesOf } from './refusal.ts';
import { errorText } from './states.tsx';

export interface MissingTrust {
  /** Who wrote it; null: several people, of whom one alone cannot be named. */
  user: string | null;
  reason: string;
  remedy: string;
}

/** What the server misses before it runs the code; null: the error is another one. */
export function missingTrust(error: unknown): MissingTrust | null {
  const issue = issuesOf(error).find(({ field }) => field === 'trustUser');
  if (!issue) return null;
  const names = issue.reason.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
  const [name] = names;
  return {
    user: names.length === 1 && name ? (JSON.parse(name) as string) : null,
    reason: issue.reason,
    remedy: issue.remedy ?? '',
  };
}

export function TrustQuestion({
  missing: { user, reason, remedy },
  onTrust,
  onCancel,
}: {
  missing: MissingTrust;
  onTrust: (user: string) => void;
  /** Absent: what it stands in can be left otherwise. */
  onCancel?: () => void;
}): ReactElement {
  const t = useTranslate();
  return (
    <section className="ck-trust" role="alert" aria-label={t('Whose code is it?')}>
      <b>{t('It runs another person’s code')}</b>
      <p>
        {user === null
          ? `${reason}. ${remedy}.`
          : t('{user} wrote this model, and it is a program: on the server it can do all that the server can. Nothing has run yet.', {
              user,
            })}
      </p>
      <div className="ck-trust-buttons">
        {user !== null && (
          <button type="button" className="ck-btn ck-danger" data-first onClick={() => onTrust(user)}>
            {t('I know {user}: run their code', { user })}
          </button>
        )}
        {onCancel && (
          <button type="button" className="ck-btn" onClick={onCancel}>
            {t('Do not run it')}
          </button>
        )}
      </div>
    </section>
  );
}

export interface Trusting {
  /** Does it; where a name is missing it waits for the person's answer, and does it again with the name. Null: it was not done. */
  attempt: <T>(work: (trustUser?: string) => Promise<T>) => Promise<T | null>;
  /** Put it where the person looks. */
  question: ReactElement | null;
  /** The answer of who turns away from the question. */
  refuse: () => void;
}

/** @param room begins the keys of everything that is asked for again afterwards */
export function useTrusting(room: QueryKey): Trusting {
  const cache = useQueryClient();
  const host = useHost();
  const t = useTranslate();
  const [asked, setAsked] = useState<Standing<MissingTrust, string> | null>(null);
  const [{ ask, decline }] = useState(() => oneAtATime<MissingTrust, string>(setAsked));
  const attempt = async <T,>(work: (trustUser?: string) => Promise<T>, trustUser?: string): Promise<T | null> => {
    try {
      const done = await work(trustUser);
      void cache.invalidateQueries({ queryKey: room });
      return done;
    } catch (error) {
      const missing = missingTrust(error);
      if (!missing) {
        host.notify(errorText(error, t), 'error');
        return null;
      }
      const user = await ask(missing);
      return user === null ? null : attempt(work, user);
    }
  };
  return {
    attempt: (work) => attempt(work),
    question: asked && <TrustQuestion missing={asked.question} onTrust={asked.answer} onCancel={decline} />,
    refuse: decline,
  };
}
