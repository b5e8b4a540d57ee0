/** Who looks at this now: initials in a circle, the name on hover. Nobody is shown to themselves alone. */
import type { Onlooker } from '@cellkeep/schema/collaboration';
import type { ReactElement } from 'react';
import { useMe } from '../access/queries.ts';
import { useTranslate } from '../host.ts';
import { runColour } from '../look/runColour.ts';
import { initialsOf } from './initials.ts';

const SHOWN = 4;

export function Avatar({ id, name, title = name }: { id: string; name: string; title?: string }): ReactElement {
  return (
    <span
      className="ck-avatar"
      style={{ '--ck-avatar': runColour(id.replaceAll('-', '')) } as React.CSSProperties}
      title={title}
      aria-hidden="true"
    >
      {initialsOf(name)}
    </span>
  );
}

export function Onlookers({ people }: { people: readonly Onlooker[] }): ReactElement {
  const t = useTranslate();
  const me = useMe().data?.user.id;
  const others = people.filter(({ id }) => id !== me);
  const shown = others.slice(0, others.length > SHOWN + 1 ? SHOWN : SHOWN + 1);
  const hidden = others.slice(shown.length);
  const names = others.map(({ name }) => name).join(', ');
  return (
    // Always there, so that nothing moves when somebody comes, and a screen reader is told.
    <span className="ck-onlookers" role="status" aria-label={t('Who else looks at this')}>
      {others.length > 0 && <span className="ck-spoken">{t('Also here: {names}', { names })}</span>}
      {shown.map(({ id, name }) => (
        <Avatar key={id} id={id} name={name} title={t('{name} looks at this now', { name })} />
      ))}
      {hidden.length > 0 && (
        <span className="ck-avatar ck-avatar-more" title={hidden.map(({ name }) => name).join(', ')} aria-hidden="true">
          +{hidden.length}
        </span>
      )}
    </span>
  );
}
