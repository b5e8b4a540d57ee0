import type { EndpointState, Release } from '@cellkeep/schema/deployment';
import type { ReactElement, ReactNode } from 'react';
import { useTranslate } from '../host.ts';
import { type Mood, ROLE_MOODS, roleWord, STATE_MARKS, stateWord } from './words.ts';

/** A shape with its word; `isBare` keeps the word for who cannot see the shape. */
export function Mark({
  mark,
  mood,
  children,
  isBare = false,
}: {
  mark: string;
  mood: Mood;
  children: ReactNode;
  isBare?: boolean;
}): ReactElement {
  return (
    <span className="ck-mood" data-mood={mood}>
      <span aria-hidden="true">{mark}</span>
      <span className={isBare ? 'ck-spoken' : undefined}>{children}</span>
    </span>
  );
}

export function EndpointStateMark({ state, isBare = false }: { state: EndpointState; isBare?: boolean }): ReactElement {
  const t = useTranslate();
  return (
    <Mark {...STATE_MARKS[state]} isBare={isBare}>
      {stateWord(state, t)}
    </Mark>
  );
}

export function RoleChip({ role }: { role: Release['role'] }): ReactElement {
  const t = useTranslate();
  return (
    <span className="ck-chip ck-role" data-mood={ROLE_MOODS[role]}>
      {roleWord(role, t)}
    </span>
  );
}
