import { type FormEvent, type ReactElement, useState } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { Icon } from '../look/icons.tsx';

/** From the id in an answer's header to what made the answer. What is pasted may be the whole header line. */
export function FindPrediction(): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const [text, setText] = useState('');
  const id = readPredictionId(text);
  const isWrong = text.trim() !== '' && !id;
  const find = (event: FormEvent) => {
    event.preventDefault();
    if (id) host.navigate({ view: 'prediction', id });
  };
  return (
    <form className="ck-find" onSubmit={find}>
      <label className="ck-query">
        <Icon name="search" size={14} />
        <input
          value={text}
          aria-label={t('Find a prediction by its id')}
          aria-invalid={isWrong}
          placeholder={t('prediction id')}
          title={t('32 hex digits, from the header x-cellkeep-prediction-id of an answer')}
          maxLength={200}
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="ck-icon-btn" aria-label={t('Open the prediction')} title={t('Open the prediction')} disabled={!id}>
          <Icon name="right" size={14} />
        </button>
      </label>
      {isWrong && (
        <span className="ck-find-wrong" role="status">
          {t('An id has 32 hex digits.')}
        </span>
      )}
    </form>
  );
}

/** Null where there is none in the text. The contract's own rule would bring its whole library to this page. */
export function readPredictionId(text: string): string | null {
  return /(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])/i.exec(text)?.[0]?.toLowerCase() ?? null;
}
