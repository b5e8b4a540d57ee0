import type { Run } from '@cellkeep/schema/tracking';
import type { ReactElement } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import type { RunActions } from '../runActions.ts';
import { TagButton } from '../table/SelectionBar.tsx';
import { byName } from './groups.ts';
import { Section } from './Section.tsx';

export function TagList({ run, actions }: { run: Run; actions: RunActions }): ReactElement {
  const t = useTranslate();
  const mayWrite = useMayWrite();
  const keys = Object.keys(run.tags).sort(byName);
  return (
    <Section title={t('Tags')} count={keys.length}>
      {keys.length === 0 && !mayWrite && <p className="ck-run-none">{t('No tags.')}</p>}
      <ul className="ck-run-tags">
        {keys.map((key) => {
          const value = run.tags[key] ?? '';
          return (
            <li key={key} className="ck-chip" title={value ? `${key}=${value}` : key}>
              <span className="ck-run-tag">
                {key}
                {value && <b>{value}</b>}
              </span>
              {mayWrite && (
                <button
                  type="button"
                  className="ck-icon-btn"
                  aria-label={t('Remove the tag {key}', { key })}
                  title={t('Remove')}
                  onClick={() => void actions.untag(run.id, key)}
                >
                  <Icon name="close" size={11} />
                </button>
              )}
            </li>
          );
        })}
        {mayWrite && (
          <li>
            <TagButton label="+" onTag={(key, value) => actions.tag([run.id], key, value)} />
          </li>
        )}
      </ul>
    </Section>
  );
}
