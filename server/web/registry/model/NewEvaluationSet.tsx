/** A file of rows with their true answers becomes an evaluation set: which column is the answer, what is measured, which slices. */
import type { Bundle, EvaluationSet } from '@cellkeep/schema/registry';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, useMemo, useState } from 'react';
import { newestOnly } from '../../deployment/tryit/newestOnly.ts';
import { ROW_FILES, readRowsFile } from '../../deployment/tryit/readRowsFile.ts';
import { newId } from '../../design/newId.ts';
import { useTranslate } from '../../host.ts';
import { useShared } from '../../live/shared.ts';
import { FileButton } from '../../look/FileButton.tsx';
import { registryKeys } from '../queries.ts';
import { Problems, problemsOf } from './Problems.tsx';
import { type Draft, obstacleOf, SetFields } from './SetFields.tsx';
import { answered, guessLabel, kindsOfRows, metricsFor, nameOfFile, type Rows, rowSizes, slicesOf, taskOf } from './setDraft.ts';
import { storeSet } from './storeSet.ts';

const MOST_ROWS = 200_000;
const NO_ROWS: Rows = { columns: [], data: [] };

export function NewEvaluationSet({
  name: modelName,
  bundle,
  version,
  onDone,
}: {
  name: string;
  /** Of the newest version, which will be asked. */
  bundle: Bundle | null;
  version: number | null;
  onDone: () => void;
}): ReactElement {
  const t = useTranslate();
  const { connection } = useShared();
  const cache = useQueryClient();
  const [draft, setDraft] = useState<Draft | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [problems, setProblems] = useState<string[]>([]);
  const [newest] = useState(newestOnly);
  // Each looks at every row: once for a file, once more for another answer, never for a letter of the name.
  const rows = draft?.rows ?? NO_ROWS;
  const sizes = useMemo(() => rowSizes(rows), [rows]);
  const label = draft?.label ?? '';
  const known = useMemo(() => answered(rows, sizes, label), [rows, sizes, label]);
  const task = useMemo(() => taskOf(rows, label, bundle), [rows, label, bundle]);
  const slices = (draft?.slicesBy ?? []).flatMap((column) => slicesOf(column, known.categories.get(column) ?? []));
  const obstacle = draft && obstacleOf(known, slices.length, t);

  const take = async (file: File) => {
    setProblems([]);
    const names = bundle?.signature.inputs.map(({ name }) => name) ?? [];
    const read = await newest(readRowsFile(file, names, { kindOf: kindsOfRows(bundle), most: MOST_ROWS }));
    if (!read) return;
    const { rows, problem } = read;
    if (!rows) return setProblems([problem]);
    const label = guessLabel(rows, bundle);
    setDraft({
      ...{ id: newId(), name: nameOfFile(file.name), rows, label, slicesBy: [] },
      metrics: metricsFor(taskOf(rows, label, bundle)).slice(0, 1),
    });
  };
  const store = async (event: FormEvent) => {
    event.preventDefault();
    if (!draft) return;
    setBusy(true);
    try {
      const { id, name, metrics } = draft;
      const put = {
        id,
        name: name.trim(),
        modelName,
        columns: known.columns,
        data: known.data as (string | number | boolean | null)[][],
        label,
        metrics,
        slices,
      };
      const stored = await storeSet(connection, put);
      cache.setQueryData<EvaluationSet[]>(registryKeys.within(modelName, 'sets'), (sets) =>
        sets ? [...sets.filter((one) => one.id !== stored.id), stored] : sets,
      );
      onDone();
    } catch (error) {
      setProblems(problemsOf(error, t));
      setBusy(false);
    }
  };
  const isComplete = draft !== null && draft.name.trim() !== '' && draft.metrics.length > 0 && !obstacle;
  return (
    <form className="ck-new-set" aria-label={t('New evaluation set')} onSubmit={(event) => void store(event)}>
      <h3>{t('New evaluation set')}</h3>
      <p className="ck-dim">
        {t(
          'Rows with their true answer: CSV, JSON lines, JSON or Parquet. They are stored as they are, so that every version is asked the same.',
        )}
      </p>
      <div className="ck-form-buttons">
        <FileButton label={draft ? t('Another file…') : t('Choose a file…')} accept={ROW_FILES} onFile={(file) => void take(file)} />
      </div>
      {draft && (
        <SetFields
          {...{ draft, known, task, bundle, version }}
          onChange={(part) => setDraft((latest) => latest && { ...latest, ...part })}
        />
      )}
      {obstacle && (
        <p className="ck-bad" role="alert">
          {obstacle}
        </p>
      )}
      <Problems of={problems} />
      <div className="ck-form-buttons">
        <button type="submit" className="ck-btn ck-primary" disabled={!isComplete || isBusy}>
          {isBusy ? t('Storing…') : t('Store the set')}
        </button>
        <button type="button" className="ck-btn" onClick={onDone}>
          {t('Cancel')}
        </button>
      </div>
    </form>
  );
}
