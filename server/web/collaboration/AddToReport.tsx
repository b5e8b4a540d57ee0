/** Puts charts at the end of a report, without leaving the page that they are on. */
import type { Report } from '@cellkeep/schema/collaboration';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useRef, useState } from 'react';
import { useMayWrite } from '../access/queries.ts';
import type { Client } from '../connection.ts';
import { useHost, useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { Icon } from '../look/icons.tsx';
import { Popover } from '../look/Popover.tsx';
import { errorText } from '../look/states.tsx';
import { Ago } from '../look/Time.tsx';
import { collaborationKeys, useReports } from './queries.ts';

export function AddToReport({
  blocks,
  title,
  disabled,
}: {
  blocks: () => string;
  title?: string;
  disabled?: boolean;
}): ReactElement | null {
  const t = useTranslate();
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  if (!useMayWrite()) return null;
  return (
    <>
      <button
        ref={button}
        type="button"
        className="ck-btn"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        disabled={disabled}
        title={t('Add to a report')}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="report" size={14} /> {t('Report…')}
      </button>
      {isOpen && (
        <Popover anchor={button} onClose={() => setOpen(false)} label={t('Add to a report')} align="end" className="ck-add-to-report">
          <Choice blocks={blocks} title={title} onClose={() => setOpen(false)} />
        </Popover>
      )}
    </>
  );
}

const SHOWN = 8;

function Choice({ blocks, title, onClose }: { blocks: () => string; title: string | undefined; onClose: () => void }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const client = useClient();
  const cache = useQueryClient();
  const { data } = useReports({ lifecycle: 'active' });
  const [isBusy, setBusy] = useState(false);
  const reports = (data?.pages[0]?.reports ?? []).slice(0, SHOWN);

  const add = async (id: string | null) => {
    setBusy(true);
    try {
      const report = id
        ? await append(client, id, blocks())
        : await client.collaboration.reports.create({ title: title ?? t('New report'), body: blocks() });
      cache.setQueryData(collaborationKeys.report(report.id), report);
      onClose();
      host.notify(t('Added to the report “{title}”.', { title: report.title }), 'info');
      if (!id) host.navigate({ view: 'report', id: report.id });
    } catch (error) {
      setBusy(false);
      host.notify(errorText(error, t), 'error');
    }
  };
  return (
    <>
      <button type="button" className="ck-menu-item" data-first disabled={isBusy} onClick={() => void add(null)}>
        <Icon name="plus" size={14} /> <span className="ck-grow">{t('A new report')}</span>
      </button>
      {reports.length > 0 && <hr />}
      {reports.map((report) => (
        <button key={report.id} type="button" className="ck-menu-item" disabled={isBusy} onClick={() => void add(report.id)}>
          <Icon name="report" size={14} /> <span className="ck-grow ck-cut">{report.title}</span>
          <span className="ck-faint">
            <Ago at={report.updatedAt} />
          </span>
        </button>
      ))}
    </>
  );
}

const TRIES = 5;

/** At the end nobody's words are in the way: where somebody saved meanwhile, it is added to what they saved. */
async function append(client: Client, id: string, blocks: string): Promise<Report> {
  for (let tries = 1; ; tries++) {
    const { revision, body } = await client.collaboration.reports.get({ id });
    try {
      return await client.collaboration.reports.update({ id, revision, body: `${body.trimEnd()}${body.trim() ? '\n\n' : ''}${blocks}` });
    } catch (error) {
      if (tries === TRIES || (error as { code?: string }).code !== 'CONFLICT') throw error;
    }
  }
}
