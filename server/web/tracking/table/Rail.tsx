/** Beside the table: its saved views, and the other experiments. */
import { type KeyboardEvent, type ReactElement, type RefObject, useRef, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { useHost, useTranslate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import { InlineEdit } from '../../look/InlineEdit.tsx';
import { Icon } from '../../look/icons.tsx';
import { LineField } from '../../look/LineField.tsx';
import { MenuButton, type MenuItem } from '../../look/Menu.tsx';
import { nameText } from '../../look/nameText.ts';
import { Popover } from '../../look/Popover.tsx';
import { errorText } from '../../look/states.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { useExperiments } from '../queries.ts';
import { formatView, isSameView, parseTableState, type TableState } from './tableState.ts';
import type { SavedView, Views } from './useViews.ts';

export interface RailProps {
  experimentId: string;
  state: TableState;
  views: Views;
  /** Makes the table as that address says. */
  onState: (state: TableState) => void;
}

export function Rail({ experimentId, state, views, onState }: RailProps): ReactElement {
  const t = useTranslate();
  const saver = useRef<HTMLButtonElement>(null);
  const [isSaving, setSaving] = useState(false);
  const now = formatView(state);
  const base = views.all.find(({ id }) => id === state.view);
  const isChanged = base !== undefined && !isSameView(base.state, now);
  const mine = views.all.filter(({ shared }) => !shared);
  const shared = views.all.filter((view) => view.shared);
  const show = (view: SavedView) => onState({ ...parseTableState(view.state), view: view.id });
  const list = (of: readonly SavedView[]) =>
    of.map((view) => (
      <ViewItem
        key={view.id}
        view={view}
        experimentId={experimentId}
        isCurrent={state.view ? view.id === state.view : isSameView(view.state, now)}
        isChanged={isChanged && view.id === base?.id}
        now={now}
        views={views}
        onShow={() => show(view)}
        onDeleted={() => view.id === state.view && onState({ ...state, view: null })}
      />
    ));
  return (
    <nav className="ck-rail" aria-label={t('Views and experiments')}>
      <h6>{t('Views')}</h6>
      <ul>
        <li className="ck-rail-item" aria-current={now === '' ? 'page' : undefined}>
          <button type="button" className="ck-rail-link" onClick={() => onState(parseTableState(''))}>
            {t('All runs')}
          </button>
        </li>
        {list(mine)}
      </ul>
      {shared.length > 0 && (
        <>
          <h6>{t('Shared with the team')}</h6>
          <ul>{list(shared)}</ul>
        </>
      )}
      {views.error !== null && views.error !== undefined && <p className="ck-bad">{errorText(views.error, t)}</p>}
      {isChanged && views.rightsOn(base).change && (
        <button type="button" className="ck-btn ck-small ck-rail-btn" onClick={() => void views.update(base.id, { state: now })}>
          <Icon name="check" size={14} /> <span>{t('Save to “{name}”', { name: base.name })}</span>
        </button>
      )}
      <button
        ref={saver}
        type="button"
        className="ck-btn ck-quiet ck-small ck-rail-btn"
        aria-expanded={isSaving}
        disabled={now === ''}
        title={now === '' ? t('Filter, sort, group or choose columns first: a view keeps them.') : undefined}
        onClick={() => setSaving(!isSaving)}
      >
        <Icon name="plus" size={14} /> <span>{t('Save view')}</span>
      </button>
      {isSaving && (
        <SaveForm
          anchor={saver}
          onClose={() => setSaving(false)}
          onSave={async (name, isShared) => {
            const view = await views.create(name, now, isShared);
            if (!view) return;
            setSaving(false);
            onState({ ...state, view: view.id });
          }}
        />
      )}
      <OtherExperiments current={experimentId} />
    </nav>
  );
}

function SaveForm({
  anchor,
  onClose,
  onSave,
}: {
  anchor: RefObject<HTMLElement | null>;
  onClose: () => void;
  onSave: (name: string, shared: boolean) => Promise<void>;
}): ReactElement {
  const t = useTranslate();
  const [name, setName] = useState('');
  const [isShared, setShared] = useState(false);
  const mayShare = useMayWrite();
  return (
    <Popover anchor={anchor} onClose={onClose} label={t('Save view')} className="ck-form-popover">
      <form
        className="ck-save-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) void onSave(name.trim(), isShared);
        }}
      >
        <LineField data-first maxLength={250} value={name} label={t('Name of the view')} hint={t('Name of the view')} onText={setName} />
        {mayShare && (
          <label className="ck-check">
            <input type="checkbox" checked={isShared} onChange={(event) => setShared(event.target.checked)} /> {t('Share with the team')}
          </label>
        )}
        <button type="submit" className="ck-btn ck-primary" disabled={name.trim() === ''}>
          {t('Save')}
        </button>
      </form>
    </Popover>
  );
}

function ViewItem({
  view,
  experimentId,
  isCurrent,
  isChanged,
  now,
  views,
  onShow,
  onDeleted,
}: {
  view: SavedView;
  experimentId: string;
  isCurrent: boolean;
  isChanged: boolean;
  now: string;
  views: Views;
  onShow: () => void;
  onDeleted: () => void;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const [isRenaming, setRenaming] = useState(false);
  const may = views.rightsOn(view);
  const copyLink = async () => {
    const href = host.href({ view: 'experiment', id: experimentId, search: view.state });
    try {
      await navigator.clipboard.writeText(new URL(href ?? '', document.baseURI).href);
      host.notify(t('The link to “{name}” was copied.', { name: view.name }), 'info');
    } catch {
      host.notify(t('The browser does not let this page write to the clipboard.'), 'error');
    }
  };
  const items = (): (MenuItem | null)[] => [
    { label: t('Copy link'), icon: 'copy', disabled: host.href({ view: 'experiments' }) === null, onSelect: () => void copyLink() },
    { label: t('Rename'), icon: 'pencil', disabled: !may.change, onSelect: () => setRenaming(true) },
    {
      label: view.shared ? t('Keep to myself') : t('Share with the team'),
      icon: 'users',
      disabled: !may.share,
      onSelect: () => void views.update(view.id, { shared: !view.shared }),
    },
    {
      label: t('Replace by what is shown'),
      icon: 'check',
      disabled: !may.change || isSameView(view.state, now),
      onSelect: () => void views.update(view.id, { state: now }),
    },
    null,
    {
      label: t('Delete'),
      icon: 'bin',
      danger: true,
      disabled: !may.delete,
      onSelect: () => void views.delete(view.id).then((isGone) => isGone && onDeleted()),
    },
  ];
  return (
    <li className="ck-rail-item" aria-current={isCurrent ? 'page' : undefined}>
      {isRenaming ? (
        <InlineEdit
          value={view.name}
          label={t('Name of the view')}
          isEditing
          onEditing={setRenaming}
          onSave={(name) => void views.update(view.id, { name })}
        />
      ) : (
        <button
          type="button"
          className="ck-rail-link"
          title={view.shared ? t('{name}, by {user}', { name: view.name, user: view.userName }) : view.name}
          onClick={onShow}
        >
          {view.name}
          {isChanged && <span className="ck-faint"> · {t('changed')}</span>}
        </button>
      )}
      <MenuButton label={t('Menu of the view {name}', { name: view.name })} className="ck-icon-btn" align="end" items={items}>
        <Icon name="more" size={14} />
      </MenuButton>
    </li>
  );
}

function OtherExperiments({ current }: { current: string }): ReactElement | null {
  const t = useTranslate();
  const answer = useExperiments({ lifecycle: 'active' });
  const [stop, setStop] = useState(current); // of the keyboard
  const experiments = answer.data?.pages[0]?.experiments ?? [];
  if (experiments.length < 2) return null;
  const at = Math.max(
    0,
    experiments.findIndex(({ id }) => id === stop),
  );
  return (
    <>
      <h6>{t('Experiments')}</h6>
      <ul onKeyDown={goAlong}>
        {experiments.map((one, place) => (
          <li key={one.id} className="ck-rail-item" aria-current={one.id === current ? 'page' : undefined} onFocus={() => setStop(one.id)}>
            <ViewLink to={{ view: 'experiment', id: one.id }} className="ck-rail-link" title={one.name} tabIndex={place === at ? 0 : -1}>
              {nameText(one.name, t)}
            </ViewLink>
            <span className="ck-faint">{groupThousands(one.runCount)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The list is one stop of the keyboard, however long it is. */
function goAlong(event: KeyboardEvent<HTMLUListElement>): void {
  const links: (Element | null)[] = [...event.currentTarget.querySelectorAll('.ck-rail-link')];
  const at = links.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  (links[to] as HTMLElement | undefined)?.focus();
  event.preventDefault();
}
