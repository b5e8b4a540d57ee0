/** The models that the kernel holds now: each can be promoted from here as from its cell. */
import { type ReactElement, useEffect, useRef } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { type CellModel, type Readable, useHost, useReadable, useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { suggestName } from '../promote/names.ts';
import { PromoteForm, type PromoteWish } from '../promote/PromoteForm.tsx';
import { usePromote } from '../promote/usePromote.ts';
import { ReadOnly } from '../ReadOnly.tsx';
import type { AskedModel } from './askedModel.ts';

const NONE: readonly CellModel[] = [];
const nothing: Readable<readonly CellModel[]> = { get: () => NONE, subscribe: () => () => undefined };
const nobody: AskedModel = { get: () => null, set: () => undefined, subscribe: () => () => undefined };

export function Models({ asked = nobody, onBegun }: { asked?: AskedModel; onBegun: (id: string) => void }): ReactElement | null {
  const t = useTranslate();
  const host = useHost();
  const models = useReadable(host.models ?? nothing);
  const open = useReadable(asked);
  const notebook = useReadable(host.notebook);
  if (models.length === 0 || !notebook) return null;
  return (
    <section className="ck-deploy-part" aria-label={t('Models of this notebook')}>
      <h3>
        {t('Models')} <span className="ck-faint">{models.length}</span>
      </h3>
      <ul className="ck-models">
        {models.map((model) => (
          <Model
            key={model.variable}
            model={model}
            path={notebook.path}
            isOnly={models.length === 1}
            isOpen={open === model.variable}
            onOpen={(is) => asked.set(is ? model.variable : null)}
            onBegun={onBegun}
          />
        ))}
      </ul>
    </section>
  );
}

function Model({
  model,
  path,
  isOnly,
  isOpen,
  onOpen,
  onBegun,
}: {
  model: CellModel;
  path: string;
  isOnly: boolean;
  isOpen: boolean;
  onOpen: (is: boolean) => void;
  onBegun: (id: string) => void;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const start = usePromote();
  const item = useRef<HTMLLIElement>(null);
  const { variable, className, cellId } = model;
  const mayChange = useMayWrite();
  useEffect(() => {
    if (isOpen) item.current?.scrollIntoView({ block: 'nearest' });
  }, [isOpen]);
  const promote = async ({ modelName, endpoint, options }: PromoteWish) => {
    const id = await start({ source: { kind: 'cell', notebookPath: path, cellId, variable }, modelName, endpoint, options });
    onBegun(id);
    onOpen(false);
  };
  const file = path.split('/').at(-1);
  return (
    <li ref={item} data-open={isOpen ? '' : undefined}>
      <div className="ck-model-row">
        <span className="ck-model-name">
          <button
            type="button"
            className="ck-link ck-mono"
            title={cellId ? t('Go to its cell') : undefined}
            onClick={() => host.openNotebook?.(path, cellId)}
          >
            {variable}
          </button>
          <span className="ck-faint" title={className}>
            {className}
          </span>
        </span>
        {mayChange && (
          <button type="button" className="ck-btn ck-small" aria-expanded={isOpen} onClick={() => onOpen(!isOpen)}>
            <Icon name="rocket" size={13} /> {t('Promote…')}
          </button>
        )}
      </div>
      {isOpen && <ReadOnly />}
      {isOpen && mayChange && (
        <PromoteForm
          // A notebook names its model better than `model` does; of several each is told apart by its variable.
          name={isOnly ? suggestName(file, variable) : suggestName(`${file?.replace(/\.ipynb$/, '')}-${variable}`)}
          onPromote={promote}
          onCancel={() => onOpen(false)}
        />
      )}
    </li>
  );
}
