/** All registered models: which versions have a name, where they serve, how old they are; deleted ones come back from here. */
import type { ModelOverview } from '@cellkeep/schema/registry';
import { type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { useMe } from '../access/queries.ts';
import { useHost, useReadable, useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { Code } from '../look/Code.tsx';
import { CopyButton } from '../look/CopyButton.tsx';
import { groupThousands } from '../look/format.ts';
import { Icon } from '../look/icons.tsx';
import { isTyping, type KeyHint, KeysHelp } from '../look/Keys.tsx';
import { Empty, ErrorState, OfflineBanner, Skeleton } from '../look/states.tsx';
import { Ago } from '../look/Time.tsx';
import { ViewLink } from '../look/ViewLink.tsx';
import { useAttempt, useModels, useModelWatch } from './queries.ts';
import { Serving } from './Serving.tsx';

const TYPING = 200; // ms without a key before the table follows

export default function ModelsPage(): ReactElement {
  const t = useTranslate();
  const page = useRef<HTMLDivElement>(null);
  const [text, setText] = useState('');
  const [name, setName] = useState('');
  const [areDeleted, setDeleted] = useState(false);
  const answer = useModels({ ...(name ? { text: name } : {}), deleted: areDeleted });
  useModelWatch();
  useEffect(() => {
    const timer = setTimeout(() => setName(text.trim()), TYPING);
    return () => clearTimeout(timer);
  }, [text]);
  const models = (answer.data?.pages ?? []).flatMap((one) => one.models).filter(({ deletedAt }) => (deletedAt !== null) === areDeleted);
  const reset = () => {
    setText('');
    setName('');
    setDeleted(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === '/' && !isTyping(event.target)) {
      event.preventDefault();
      page.current?.querySelector<HTMLInputElement>('input[type=search]')?.focus();
    } else if (['ArrowDown', 'ArrowUp', 'j', 'k'].includes(event.key)) walk(event);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the whole view
    <div ref={page} className="ck-page" onKeyDown={onKeyDown}>
      <OfflineBanner />
      <header className="ck-head">
        <h1>{t('Models')}</h1>
        <span className="ck-grow" />
        <KeysHelp keys={keyHints(t)} scope={page} />
      </header>
      <div className="ck-bar">
        <label className="ck-query ck-name-query">
          <Icon name="search" size={14} />
          <input
            type="search"
            value={text}
            aria-label={t('Search models by name')}
            placeholder={t('Search by name')}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setText('');
            }}
          />
        </label>
        <button
          type="button"
          className="ck-btn ck-toggle"
          aria-pressed={areDeleted}
          aria-label={t('Deleted')}
          title={t('Show deleted models, to restore them')}
          onClick={() => setDeleted(!areDeleted)}
        >
          <Icon name="bin" size={14} /> <span className="ck-wide">{t('Deleted')}</span>
        </button>
      </div>
      {answer.error && !answer.data ? (
        <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />
      ) : !answer.data ? (
        <Skeleton rows={8} height={34} />
      ) : models.length > 0 ? (
        <div className="ck-scroll">
          <List models={models} isOld={answer.isPlaceholderData} />
          {answer.hasNextPage && (
            <button
              type="button"
              className="ck-btn ck-quiet ck-more-experiments"
              disabled={answer.isFetchingNextPage}
              onClick={() => void answer.fetchNextPage()}
            >
              {t('Show more')}
            </button>
          )}
        </div>
      ) : name !== '' || areDeleted ? (
        <Empty
          icon={areDeleted ? 'bin' : 'search'}
          title={areDeleted ? t('No deleted models.') : t('No model has "{name}" in its name.', { name })}
          actions={
            <button type="button" className="ck-btn" onClick={reset}>
              {areDeleted ? t('Back to the models') : t('Clear the search')}
            </button>
          }
        />
      ) : (
        <FirstModel />
      )}
    </div>
  );
}

function List({ models, isOld }: { models: readonly ModelOverview[]; isOld: boolean }): ReactElement {
  const t = useTranslate();
  return (
    <table className="ck-list ck-models" aria-label={t('Models')} aria-busy={isOld}>
      <thead>
        <tr>
          <th>{t('Name')}</th>
          <th>{t('Latest')}</th>
          <th>{t('Aliases')}</th>
          <th className="ck-wide">{t('Stage')}</th>
          <th>{t('Serves')}</th>
          <th className="ck-wide">{t('Changed')}</th>
        </tr>
      </thead>
      <tbody>
        {models.map((model) => (
          <Row key={model.name} model={model} />
        ))}
      </tbody>
      <caption className="ck-spoken">{t('{n} models', { n: groupThousands(models.length) })}</caption>
    </table>
  );
}

function Row({ model }: { model: ModelOverview }): ReactElement {
  const t = useTranslate();
  const { name, aliases, latest, stages, endpoints, updatedAt, deletedAt, versionCount } = model;
  return (
    <tr data-off={deletedAt === null ? undefined : ''}>
      <td className="ck-first">
        {deletedAt === null ? (
          <ViewLink to={{ view: 'model', name }} className="ck-run-name ck-cut" title={name}>
            {name}
          </ViewLink>
        ) : (
          <span className="ck-cut" title={name}>
            {name}
          </span>
        )}
      </td>
      <td>
        {deletedAt !== null ? (
          <Restore name={name} versions={versionCount} />
        ) : latest ? (
          <ViewLink to={{ view: 'modelVersion', name, version: latest.version }}>v{latest.version}</ViewLink>
        ) : (
          <span className="ck-faint">{t('no version')}</span>
        )}
      </td>
      <td>
        <span className="ck-chips">
          {aliases.map(({ alias, version }) => (
            <span key={alias} className="ck-chip ck-alias" title={t('{alias} is v{version}', { alias, version })}>
              {alias} <span className="ck-dim">v{version}</span>
            </span>
          ))}
        </span>
      </td>
      <td className="ck-wide">{stages.map(({ stage, version }) => `${stage} v${version}`).join(', ')}</td>
      <td>
        <Serving endpoints={endpoints} />
      </td>
      <td className="ck-wide ck-dim">
        <Ago at={deletedAt ?? updatedAt} />
      </td>
    </tr>
  );
}

function Restore({ name, versions }: { name: string; versions: number }): ReactElement | null {
  const t = useTranslate();
  const client = useClient();
  const attempt = useAttempt();
  if (useMe().data?.user.role === 'viewer') return null;
  return (
    <button
      type="button"
      className="ck-btn ck-small"
      title={t('Brings back {n} versions, with their aliases', { n: versions })}
      aria-label={t('Restore {name}', { name })}
      onClick={() => void attempt(() => client.registry.details.restoreModel({ name }))}
    >
      <Icon name="undo" size={13} /> {t('Restore')}
    </button>
  );
}

const FIRST = `import cellkeep
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

X, y = load_iris(return_X_y=True, as_frame=True)
model = LogisticRegression(max_iter=500).fit(X, y)
cellkeep.deploy(model, name="iris", example=X[:5])
`;

/** First use: says what comes here and gives the cell that makes it come. */
function FirstModel(): ReactElement {
  const t = useTranslate();
  const { insertCell, notebook } = useHost();
  const isOpen = useReadable(notebook) !== null;
  return (
    <Empty
      icon="box"
      title={t('No models yet')}
      actions={
        <>
          {insertCell && isOpen && (
            <button type="button" className="ck-btn ck-primary" onClick={() => insertCell(FIRST)}>
              <Icon name="plus" size={14} /> {t('Insert into notebook')}
            </button>
          )}
          <CopyButton text={FIRST} label={t('Copy the cell')}>
            {t('Copy')}
          </CopyButton>
        </>
      }
    >
      <p>{t('A model comes here when it is promoted from a cell or a run, registered by an MLflow client, or by a cell like this:')}</p>
      <Code source={FIRST} />
    </Empty>
  );
}

/** Arrows go from name to name. */
function walk(event: KeyboardEvent): void {
  if (isTyping(event.target)) return;
  const names: Element[] = [...event.currentTarget.querySelectorAll('.ck-models a.ck-run-name')];
  const at = document.activeElement ? names.indexOf(document.activeElement) : -1;
  const by = event.key === 'ArrowDown' || event.key === 'j' ? 1 : -1;
  const next = names[at < 0 ? 0 : at + by];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus();
}

const keyHints = (t: ReturnType<typeof useTranslate>): KeyHint[] => [
  ['↑ ↓', t('go from model to model')],
  ['Enter', t('open its versions')],
  ['/', t('go to the search')],
  ['?', t('show these keys')],
];
