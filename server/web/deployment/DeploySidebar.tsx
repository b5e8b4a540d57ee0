/**
 * What this notebook has put to use, and what of it could be, in 300 pixels: its models on top, what is on its way, its endpoints with what
 * they are asked now, and of the chosen one its releases, its address and what can be done.
 */
import type { Endpoint } from '@cellkeep/schema/deployment';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useRef, useState } from 'react';
import { useMayWrite } from '../access/queries.ts';
import { type CellModel, type Readable, useHost, useReadable, useTranslate } from '../host.ts';
import { Icon } from '../look/icons.tsx';
import { MenuButton } from '../look/Menu.tsx';
import { goToSearch, NameSearchField } from '../look/NameSearchField.tsx';
import { useNameSearch } from '../look/nameSearch.ts';
import { ShowMore } from '../look/ShowMore.tsx';
import { Empty, OfflineBanner, Unanswered } from '../look/states.tsx';
import { BridgeNote } from '../tracking/sidebar/SidebarHead.tsx';
import { FirstEndpoint } from './FirstEndpoint.tsx';
import { deploymentKeys, findEndpoints, useEndpoints } from './queries.ts';
import type { AskedModel } from './sidebar/askedModel.ts';
import { DeployHead } from './sidebar/DeployHead.tsx';
import { EndpointList } from './sidebar/EndpointList.tsx';
import { EndpointPreview } from './sidebar/EndpointPreview.tsx';
import { Models } from './sidebar/Models.tsx';
import { SidebarPromotions } from './sidebar/SidebarPromotions.tsx';
import { useDeploymentWatch } from './watch.ts';

export type { AskedModel };

export function DeploySidebar({ asked }: { asked?: AskedModel }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const cache = useQueryClient();
  const side = useRef<HTMLDivElement>(null);
  const notebook = useReadable(host.notebook);
  const hasModels = useReadable(host.models ?? noModels).length > 0;
  const [scope, setScope] = useState<'notebook' | 'all'>('notebook');
  const search = useNameSearch();
  const { name } = search;
  const [chosen, setChosen] = useState<string | null>(null);
  /** Promotions that were begun here, newest first: they stay until they are closed. */
  const [begun, setBegun] = useState<string[]>([]);
  /** Those that were tried again: the next try stands in their place, also while the server has not heard of it. */
  const [replaced, setReplaced] = useState<string[]>([]);
  useDeploymentWatch();

  const path = notebook?.path;
  const isHere = scope === 'notebook';
  const answer = useEndpoints(
    { ...(isHere ? { notebookPath: path } : {}), ...(name ? { text: name } : {}) },
    !isHere || path !== undefined,
  );
  const endpoints = isHere && path === undefined ? NONE : findEndpoints(answer.data);
  const previewed = endpoints.find((one) => one.name === chosen) ?? endpoints[0];

  const label = isHere ? t('this notebook') : t('all endpoints');
  const promotions = (
    <SidebarPromotions
      of={isHere && path ? { notebookPath: path } : {}}
      begun={begun}
      replaced={replaced}
      onAgain={(before, next) => {
        setReplaced([...replaced, before]);
        setBegun(begun.includes(before) ? begun.map((id) => (id === before ? next : id)) : [next, ...begun]);
      }}
      onClose={(closed) => setBegun(begun.filter((id) => id !== closed))}
    />
  );
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the whole view
    <div ref={side} className="ck-side ck-deploy" onKeyDown={goToSearch}>
      <DeployHead scope={side} onRefresh={() => void cache.invalidateQueries({ queryKey: deploymentKeys.all, refetchType: 'active' })} />
      <OfflineBanner />
      <div className="ck-side-filter">
        <NameSearchField search={search} label={t('Search endpoints by name')}>
          <MenuButton
            label={t('Scope: {scope}', { scope: label })}
            className="ck-btn ck-quiet ck-small ck-scope"
            align="end"
            items={() => [
              { label: t('This notebook'), checked: isHere, onSelect: () => setScope('notebook') },
              { label: t('All endpoints'), checked: !isHere, onSelect: () => setScope('all') },
            ]}
          >
            <span>{label}</span> <Icon name="down" size={12} />
          </MenuButton>
        </NameSearchField>
      </div>
      <BridgeNote notebook={isHere ? notebook : null} />
      <div className="ck-deploy-scroll">
        {isHere && <Models asked={asked} onBegun={(id) => setBegun([id, ...begun])} />}
        {isHere && promotions}
        {endpoints.length > 0 ? (
          <EndpointList endpoints={endpoints} chosen={previewed?.name ?? null} onChoose={setChosen}>
            <ShowMore answer={answer} className="ck-small ck-side-more" />
          </EndpointList>
        ) : (
          <Nothing
            isHere={isHere}
            hasNotebook={path !== undefined}
            answer={answer}
            name={name}
            isBusy={begun.length > 0}
            hasModels={hasModels}
            onClear={search.clear}
            onAll={() => setScope('all')}
          />
        )}
        {/* Who looks at all endpoints looks for one of them. */}
        {!isHere && promotions}
      </div>
      {previewed && <EndpointPreview key={previewed.id} endpoint={previewed} />}
    </div>
  );
}

const NONE: Endpoint[] = [];
const NO_MODELS: readonly CellModel[] = [];
const noModels: Readable<readonly CellModel[]> = { get: () => NO_MODELS, subscribe: () => () => undefined };

function Nothing({
  isHere,
  hasNotebook,
  answer,
  name,
  isBusy,
  hasModels,
  onClear,
  onAll,
}: {
  isHere: boolean;
  hasNotebook: boolean;
  answer: ReturnType<typeof useEndpoints>;
  name: string;
  /** Something is on its way: how to begin is known. */
  isBusy: boolean;
  hasModels: boolean;
  onClear: () => void;
  onAll: () => void;
}): ReactElement | null {
  const t = useTranslate();
  const mayWrite = useMayWrite();
  const all = (
    <button type="button" className="ck-btn" onClick={onAll}>
      {t('Show all endpoints')}
    </button>
  );
  if (isHere && !hasNotebook) {
    return (
      <Empty icon="notebook" title={t('No notebook is open')} actions={all}>
        <p>{t('The models and the endpoints of the notebook in front appear here.')}</p>
      </Empty>
    );
  }
  if (answer.error || answer.isPending) return <Unanswered answer={answer} rows={4} height={46} />;
  if (name) {
    return (
      <Empty
        icon="search"
        title={t('No endpoint has "{name}" in its name.', { name })}
        actions={
          <button type="button" className="ck-btn" onClick={onClear}>
            {t('Clear the search')}
          </button>
        }
      />
    );
  }
  if (isBusy) return null;
  if (isHere && hasModels) {
    return (
      <Empty icon="rocket" title={t('No endpoints yet')} actions={all}>
        <p>
          {mayWrite
            ? t('Promote… puts a model of this notebook behind an address that answers.')
            : t('Editors of this workspace can put a model of this notebook behind an address that answers.')}
        </p>
      </Empty>
    );
  }
  return (
    <>
      <FirstEndpoint compact />
      {isHere && <div className="ck-side-more">{all}</div>}
    </>
  );
}
