/** All registered models: which versions have a name, where they serve, how old they are; deleted ones come back from here. */
import type { ModelOverview } from '@cellkeep/schema/registry';
import { type ReactElement, useState } from 'react';
import { useMayWrite } from '../access/queries.ts';
import { useHost, useReadable, useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { Code } from '../look/Code.tsx';
import { CopyButton } from '../look/CopyButton.tsx';
import { DeletedToggle } from '../look/DeletedToggle.tsx';
import { groupThousands } from '../look/format.ts';
import { Icon } from '../look/icons.tsx';
import { ListPage } from '../look/ListPage.tsx';
import { useNameSearch } from '../look/nameSearch.ts';
import { ShowMore } from '../look/ShowMore.tsx';
import { Empty, Unanswered } from '../look/states.tsx';
import { Ago } from '../look/Time.tsx';
import { ViewLink } from '../look/ViewLink.tsx';
import { useAttempt, useModels, useModelWatch } from './queries.ts';
import { Serving } from './Serving.tsx';

export default function ModelsPage(): ReactElement {
  const t = useTranslate();
  const search = useNameSearch();
  const { name } = search;
  const [areDeleted, setDeleted] = useState(false);
  const answer = useModels({ ...(name ? { text: name } : {}), deleted: areDeleted });
  useModelWatch();
  const models = (answer.data?.pages ?? []).flatMap((one) => one.models).filter(({ deletedAt }) => (deletedAt !== null) === areDeleted);
  const reset = () => {
    search.clear();
    setDeleted(false);
  };
  return (
    <ListPage
      title={t('Models')}
      search={search}
      searchLabel={t('Search models by name')}
      keys={[
        ['↑ ↓', t('go from model to model')],
        ['Enter', t('open its versions')],
      ]}
      tools={<DeletedToggle isOn={areDeleted} title={t('Show deleted models, to restore them')} onToggle={() => setDeleted(!areDeleted)} />}
    >
      {!answer.data ? (
        <Unanswered answer={answer} rows={8} height={34} />
      ) : models.length > 0 ? (
        <div className="ck-scroll">
          <List models={models} isOld={answer.isPlaceholderData} />
          <ShowMore answer={answer} />
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
    </ListPage>
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
  if (!useMayWrite()) return null;
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
