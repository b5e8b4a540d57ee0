/** Which rows are scored: a file of this computer, or one that a run holds already. */
import type { Release } from '@cellkeep/schema/deployment';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, useId, useState } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { useClient, useShared } from '../../live/shared.ts';
import { FileButton } from '../../look/FileButton.tsx';
import { Icon } from '../../look/icons.tsx';
import { LineField } from '../../look/LineField.tsx';
import { errorText } from '../../look/states.tsx';
import { useTrusting } from '../../look/TrustQuestion.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { deploymentKeys, useDeploymentClient } from '../queries.ts';

const FORMATS = '.csv,.tsv,.jsonl,.ndjson,.json,.parquet,.pq,.arrow,.feather,.ipc';
const IS_ROWS = new RegExp(`\\.(${FORMATS.replaceAll('.', '').replaceAll(',', '|')})$`, 'i');
const MOST_RUNS = 50;

type Input = { kind: 'artifact'; runId: string; path: string } | { kind: 'blob'; digest: string; name: string };

export function BatchForm({ release: { modelName, version } }: { release: Release }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const client = useDeploymentClient();
  const { connection } = useShared();
  const { attempt, question } = useTrusting(deploymentKeys.all);
  const [isBusy, setBusy] = useState(false);
  const start = async (input: Input) => {
    setBusy(true);
    await attempt((trustUser) => client.batches.start({ modelName, version, input, ...(trustUser ? { trustUser } : {}) }));
    setBusy(false);
  };
  const upload = async (file: File) => {
    setBusy(true);
    try {
      const address = `api/v1/batches/rows?name=${encodeURIComponent(file.name.slice(-200))}`;
      const answer = await connection.request(address, { method: 'PUT', body: file });
      const said = (await answer.json()) as { digest: string; name: string; message?: string; data?: unknown };
      if (!answer.ok) throw Object.assign(new Error(said.message ?? answer.statusText), { data: said.data });
      await start({ kind: 'blob', digest: said.digest, name: said.name });
    } catch (error) {
      host.notify(errorText(error, t), 'error');
      setBusy(false);
    }
  };
  return (
    <>
      <div className="ck-form-buttons">
        <FileButton
          label={isBusy ? t('Sending…') : t('Score a file with v{version}…', { version })}
          accept={FORMATS}
          isDisabled={isBusy}
          onFile={(file) => void upload(file)}
        />
      </div>
      <FromRun isBusy={isBusy} onStart={(input) => void start(input)} />
      {question}
      <p className="ck-field-note">{t('CSV, JSON lines, Parquet or Arrow. Rows that do not fit are told, the others are scored.')}</p>
    </>
  );
}

/** By its id or its address; once it is known, the files in it that hold rows are offered. */
function FromRun({ isBusy, onStart }: { isBusy: boolean; onStart: (input: Input) => void }): ReactElement {
  const t = useTranslate();
  const id = useId();
  const { tracking } = useClient();
  const [said, setSaid] = useState('');
  const [path, setPath] = useState('');
  const [isOpen, setOpen] = useState(false);
  const runId = /[0-9a-f]{32}/.exec(said)?.[0] ?? null;
  const recent = useQuery({
    queryKey: ['deployment', 'recent runs'],
    enabled: isOpen,
    queryFn: async ({ signal }) => (await tracking.runs.search({ limit: MOST_RUNS }, { signal })).runs,
  });
  const run = useQuery({
    queryKey: ['deployment', 'run of rows', runId],
    enabled: runId !== null,
    retry: false,
    queryFn: async ({ signal }) => {
      const [{ name }, { artifacts }] = await Promise.all([
        tracking.runs.get({ id: runId as string }, { signal }),
        tracking.artifacts.list({ runId: runId as string, limit: 1_000 }, { signal }),
      ]);
      return { name, files: artifacts.map((one) => one.path).filter((one) => IS_ROWS.test(one)) };
    },
  });
  const chosen = path.trim() || (run.data?.files.length === 1 ? (run.data.files[0] ?? '') : '');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (runId && chosen) onStart({ kind: 'artifact', runId, path: chosen });
  };
  return (
    <details className="ck-from-run" open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{t('A file that a run holds')}</summary>
      <form className="ck-line-form" onSubmit={submit}>
        <LineField
          className="ck-mono"
          value={said}
          list={`${id}runs`}
          spellCheck={false}
          aria-invalid={(said !== '' && !runId) || run.isError}
          label={t('Run that holds the file')}
          hint={t('id or address of a run')}
          onText={setSaid}
        />
        <datalist id={`${id}runs`}>
          {(recent.data ?? []).map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </datalist>
        <LineField
          className="ck-mono"
          value={path}
          list={`${id}files`}
          spellCheck={false}
          label={t('Path of the file among its artifacts')}
          hint={run.data?.files[0] ?? 'rows.parquet'}
          onText={setPath}
        />
        <datalist id={`${id}files`}>
          {(run.data?.files ?? []).map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <button type="submit" className="ck-btn" disabled={isBusy || !runId || !chosen}>
          <Icon name="play" size={14} /> {t('Score it')}
        </button>
      </form>
      {run.data && (
        <p className="ck-field-note">
          <ViewLink to={{ view: 'run', id: runId as string, tab: 'artifacts' }} className="ck-link">
            {run.data.name}
          </ViewLink>{' '}
          {run.data.files.length === 0 ? t('holds no file of rows.') : t('holds {n} files of rows.', { n: run.data.files.length })}
        </p>
      )}
      {run.isError && <p className="ck-field-wrong">{errorText(run.error, t)}</p>}
    </details>
  );
}
