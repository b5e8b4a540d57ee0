/** The model card, section by section: what nobody wrote is made from what is known, and says so. */
import type { ModelCard } from '@cellkeep/schema/registry';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { useClient } from '../../live/shared.ts';
import { Icon } from '../../look/icons.tsx';
import { Markdown } from '../../look/Markdown.tsx';
import { issuesOf } from '../../look/refusal.ts';
import { ErrorState, errorText, Skeleton } from '../../look/states.tsx';
import { Ago } from '../../look/Time.tsx';
import { registryKeys, useCard } from '../queries.ts';

export function Card({ name, version, mayEdit }: { name: string; version: number; mayEdit: boolean }): ReactElement {
  const t = useTranslate();
  const { data, error, refetch } = useCard(name, version);
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton rows={10} />;
  return (
    <div className="ck-model-card">
      {data.editedAt !== null && (
        <p className="ck-dim">
          {t('Edited by {name}', { name: data.editedBy ?? '' })} <Ago at={data.editedAt} />
        </p>
      )}
      {data.sections.map((section) => (
        <CardSection key={section.key} name={name} version={version} section={section} revision={data.revision} mayEdit={mayEdit} />
      ))}
    </div>
  );
}

type Section = ModelCard['sections'][number];

function CardSection({
  name,
  version,
  section: { key, title, text, generated },
  revision,
  mayEdit,
}: {
  name: string;
  version: number;
  section: Section;
  revision: number;
  mayEdit: boolean;
}): ReactElement {
  const t = useTranslate();
  const client = useClient();
  const cache = useQueryClient();
  /** With the revision that was read when it began: an edit that came between is a conflict, not overwritten. */
  const [draft, setDraft] = useState<{ text: string; revision: number } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const cardKey = registryKeys.within(name, 'card', version);
  const save = async (next: string) => {
    try {
      const put = { name, version, revision: draft?.revision ?? revision, sections: [{ key, text: next }] };
      cache.setQueryData(cardKey, await client.registry.cards.put(put));
      setDraft(null);
      setProblem(null);
    } catch (error) {
      setProblem(errorText(error, t));
      if (issuesOf(error)[0]?.field === 'revision') void cache.invalidateQueries({ queryKey: cardKey });
    }
  };
  const isBehind = draft !== null && draft.revision !== revision;
  return (
    <section className="ck-part-of-card" aria-label={title}>
      <h2>
        {title}
        {generated ? (
          <span className="ck-made" title={t('Made from what is known; nobody wrote it')}>
            {t('made from what is known')}
          </span>
        ) : null}
        <span className="ck-grow" />
        {mayEdit && draft === null && (
          <button
            type="button"
            className="ck-icon-btn"
            aria-label={t('Edit {title}', { title })}
            title={t('Edit {title}', { title })}
            onClick={() => setDraft({ text: generated ? '' : text, revision })}
          >
            <Icon name="pencil" size={14} />
          </button>
        )}
      </h2>
      {draft === null ? (
        <Markdown source={text} />
      ) : (
        <>
          <textarea
            className="ck-field"
            rows={8}
            value={draft.text}
            aria-label={title}
            placeholder={generated ? t('Markdown. Leave it empty to keep what is made from what is known.') : undefined}
            // biome-ignore lint/a11y/noAutofocus: the person has just asked to type here
            autoFocus
            onChange={(event) => setDraft({ ...draft, text: event.target.value })}
          />
          {isBehind && (
            <div className="ck-warn-text" role="alert">
              <p>{t('Somebody saved the card while you wrote. This is there now:')}</p>
              <Markdown source={text} />
            </div>
          )}
          {problem && !isBehind && (
            <p className="ck-bad" role="alert">
              {problem}
            </p>
          )}
          <div className="ck-form-buttons">
            {isBehind ? (
              <button type="button" className="ck-btn ck-primary" onClick={() => setDraft({ ...draft, revision })}>
                {t('I have seen it: mine goes on')}
              </button>
            ) : (
              <button type="button" className="ck-btn ck-primary" onClick={() => void save(draft.text)}>
                {t('Save')}
              </button>
            )}
            <button
              type="button"
              className="ck-btn"
              onClick={() => {
                setDraft(null);
                setProblem(null);
              }}
            >
              {t('Cancel')}
            </button>
            {!generated && (
              <button type="button" className="ck-btn ck-quiet" onClick={() => void save('')}>
                {t('Back to what is known')}
              </button>
            )}
          </div>
        </>
      )}
    </section>
  );
}
