import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { useClient } from '../../live/shared.ts';
import { Markdown } from '../../look/Markdown.tsx';
import { useAttempt } from '../queries.ts';

/** What a model is for, in Markdown; edited where it stands. */
export function Description({ name, text, mayEdit }: { name: string; text: string; mayEdit: boolean }): ReactElement | null {
  const t = useTranslate();
  const client = useClient();
  const attempt = useAttempt();
  const [draft, setDraft] = useState<string | null>(null);
  const save = async () => {
    if (await attempt(() => client.registry.models.update({ name, description: draft ?? '' }))) setDraft(null);
  };
  if (draft !== null) {
    return (
      <div className="ck-description">
        <textarea
          className="ck-field"
          rows={4}
          value={draft}
          aria-label={t('Description')}
          // biome-ignore lint/a11y/noAutofocus: the person has just asked to type here
          autoFocus
          onChange={(event) => setDraft(event.target.value)}
        />
        <div className="ck-form-buttons">
          <button type="button" className="ck-btn ck-primary ck-small" onClick={() => void save()}>
            {t('Save')}
          </button>
          <button type="button" className="ck-btn ck-small" onClick={() => setDraft(null)}>
            {t('Cancel')}
          </button>
        </div>
      </div>
    );
  }
  if (!text && !mayEdit) return null;
  return (
    <div className="ck-description">
      {text && <Markdown source={text} />}
      {mayEdit && (
        <button type="button" className="ck-link ck-dim" onClick={() => setDraft(text)}>
          {text ? t('Edit the description') : t('Describe it')}
        </button>
      )}
    </div>
  );
}
