/** What a promotion needs to know, filled in: two names, and for who wants more than the usual, how it is released. */
import type { PromotionOptionsInput } from '@cellkeep/schema/deployment';
import { type FormEvent, type ReactElement, useId, useState } from 'react';
import { type Translate, useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { errorLines } from '../../look/states.tsx';
import { missingTrust, TrustQuestion } from '../../look/TrustQuestion.tsx';
import { useEndpoint } from '../queries.ts';
import { howWord } from '../words.ts';
import { endpointProblem, modelProblem, type NameProblem } from './names.ts';

export interface PromoteWish {
  modelName: string;
  endpoint: string | null;
  options: PromotionOptionsInput;
  trustUser?: string;
}

const HOWS = ['replace', 'canary', 'shadow', 'beside'] as const;
const RUNTIMES = ['auto', 'onnx', 'python'] as const;

export function PromoteForm({
  name: suggested,
  fixedName = false,
  canChooseRuntime = true,
  onPromote,
  onCancel,
}: {
  name: string;
  /** The model has its name already (a version of it). */
  fixedName?: boolean;
  canChooseRuntime?: boolean;
  /** Rejects with what the server or the kernel says. */
  onPromote: (wish: PromoteWish) => Promise<void>;
  onCancel?: () => void;
}): ReactElement {
  const t = useTranslate();
  const id = useId();
  const [modelName, setModelName] = useState(suggested);
  const [endpoint, setEndpoint] = useState(() => endpointNameOf(suggested));
  const [isEndpointOwn, setEndpointOwn] = useState(false);
  const [serve, setServe] = useState(true);
  const [how, setHow] = useState<(typeof HOWS)[number]>('replace');
  const [runtime, setRuntime] = useState<(typeof RUNTIMES)[number]>('auto');
  const [alias, setAlias] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const there = useEndpoint(serve && endpointProblem(endpoint) === null ? endpoint : null);
  const modelWrong = modelText(modelProblem(modelName), t);
  const endpointWrong = serve ? nameText(endpointProblem(endpoint), t) : null;
  const isReplacing = serve && how === 'replace' && there.data?.releases.some(({ role }) => role === 'live');
  const trust = missingTrust(error);

  const promote = async (trustUser?: string) => {
    setBusy(true);
    setError(null);
    try {
      await onPromote({
        modelName: modelName.trim(),
        endpoint: serve ? endpoint : null,
        options: { runtime, how, serve, alias: alias.trim() || null },
        ...(trustUser ? { trustUser } : {}),
      });
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!modelWrong && !endpointWrong && !isBusy) void promote();
  };
  return (
    <form className="ck-promote-form" onSubmit={onSubmit} aria-label={t('Promote')}>
      <label htmlFor={`${id}model`}>{t('Model')}</label>
      <div>
        <input
          id={`${id}model`}
          className="ck-field"
          value={modelName}
          disabled={fixedName}
          aria-invalid={modelWrong !== null}
          aria-describedby={modelWrong ? `${id}model-wrong` : undefined}
          spellCheck={false}
          maxLength={250}
          onChange={(event) => {
            setModelName(event.target.value);
            if (!isEndpointOwn) setEndpoint(endpointNameOf(event.target.value));
          }}
        />
        {modelWrong && (
          <p id={`${id}model-wrong`} className="ck-field-wrong">
            {modelWrong}
          </p>
        )}
      </div>
      <label htmlFor={`${id}endpoint`}>{t('Endpoint')}</label>
      <div>
        <input
          id={`${id}endpoint`}
          className="ck-field ck-mono"
          value={endpoint}
          disabled={!serve}
          aria-invalid={endpointWrong !== null}
          aria-describedby={endpointWrong ? `${id}endpoint-wrong` : `${id}endpoint-note`}
          spellCheck={false}
          maxLength={80}
          onChange={(event) => {
            setEndpoint(event.target.value);
            setEndpointOwn(true);
          }}
        />
        {endpointWrong ? (
          <p id={`${id}endpoint-wrong`} className="ck-field-wrong">
            {endpointWrong}
          </p>
        ) : (
          <p id={`${id}endpoint-note`} className="ck-field-note">
            {!serve
              ? t('The version is registered, nothing serves it.')
              : isReplacing
                ? t('It is there and answers: the new version replaces what answers now, at once when it is warm.')
                : there.data
                  ? t('It is there: the version becomes its next release.')
                  : t('A new endpoint at …/endpoints/{name}.', { name: endpoint })}
          </p>
        )}
      </div>
      <details className="ck-promote-more">
        <summary>{t('How it is released and run')}</summary>
        <fieldset disabled={!serve}>
          <legend>{t('Release')}</legend>
          {HOWS.map((one) => (
            <label key={one}>
              <input type="radio" name={`${id}how`} checked={how === one} onChange={() => setHow(one)} /> {howWord(one, t)}
            </label>
          ))}
        </fieldset>
        {canChooseRuntime && (
          <fieldset>
            <legend>{t('Run as')}</legend>
            {RUNTIMES.map((one) => (
              <label key={one}>
                <input type="radio" name={`${id}runtime`} checked={runtime === one} onChange={() => setRuntime(one)} />{' '}
                {runtimeWord(one, t)}
              </label>
            ))}
          </fieldset>
        )}
        <label className="ck-promote-alias">
          {t('Alias')}{' '}
          <input
            className="ck-field"
            value={alias}
            placeholder={t('none, or one like "champion"')}
            maxLength={250}
            onChange={(event) => setAlias(event.target.value)}
          />
        </label>
        <label>
          <input type="checkbox" checked={!serve} onChange={(event) => setServe(!event.target.checked)} /> {t('Only register the version')}
        </label>
      </details>
      {trust ? <TrustQuestion missing={trust} onTrust={(user) => void promote(user)} /> : error !== null && <Wrong error={error} />}
      <div className="ck-promote-buttons">
        <button
          type="submit"
          className="ck-btn ck-primary"
          data-first
          disabled={isBusy || modelWrong !== null || endpointWrong !== null}
          // biome-ignore lint/a11y/noAutofocus: the person has just asked to promote; Enter is all that is left
          autoFocus
        >
          <Icon name="rocket" size={14} /> {isBusy ? t('Starting…') : serve ? t('Promote') : t('Register')}
        </button>
        {onCancel && (
          <button type="button" className="ck-btn" onClick={onCancel}>
            {t('Cancel')}
          </button>
        )}
      </div>
    </form>
  );
}

function Wrong({ error }: { error: unknown }): ReactElement {
  const t = useTranslate();
  const { title, lines } = errorLines(error, t);
  return (
    <div className="ck-promote-wrong" role="alert">
      <b>{title}</b>
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </div>
  );
}

function endpointNameOf(modelName: string): string {
  return modelName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63);
}

function runtimeWord(runtime: (typeof RUNTIMES)[number], t: Translate): string {
  return {
    auto: t('ONNX where its answers are equal, else a Python worker'),
    onnx: t('ONNX only'),
    python: t('A Python worker in the locked environment of the notebook'),
  }[runtime];
}

function nameText(problem: NameProblem, t: Translate): string | null {
  if (problem === null) return null;
  return {
    empty: t('It needs a name.'),
    long: t('The name is too long.'),
    letters: t('Lower-case letters, digits and "-", neither at its beginning nor at its end.'),
  }[problem];
}

const modelText = (problem: NameProblem, t: Translate): string | null =>
  problem === 'letters' ? t('A name holds no "/", no ":" and no control characters.') : nameText(problem, t);
