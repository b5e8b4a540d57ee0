import type { Artifact } from '@cellkeep/schema/tracking';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { useHost, useTranslate } from '../../host.ts';
import { keys } from '../../live/cache.ts';
import { useShared } from '../../live/shared.ts';
import { CopyButton } from '../../look/CopyButton.tsx';
import { formatBytes, groupThousands } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { errorText } from '../../look/states.tsx';
import { Ago } from '../../look/Time.tsx';
import { Preview } from './Preview.tsx';
import { nameOf } from './previews.ts';

/** One artifact: what it is, what it looks like, and what can be done with it. */
export function ArtifactView({ artifact, onDeleted }: { artifact: Artifact; onDeleted: () => void }): ReactElement {
  const t = useTranslate();
  const mayWrite = useMayWrite();
  const { connection } = useShared();
  const { path, size, mediaType, digest, createdAt } = artifact;
  return (
    <section className="ck-artifact" aria-label={path}>
      <header>
        <h2 title={path}>{path}</h2>
        <span className="ck-grow" />
        <a className="ck-btn" href={connection.artifactUrl(artifact.runId, path)} download={nameOf(path)} aria-label={t('Download')}>
          <Icon name="download" size={14} /> <span className="ck-wide">{t('Download')}</span>
        </a>
        {mayWrite && <DeleteButton artifact={artifact} onDeleted={onDeleted} />}
      </header>
      <p className="ck-artifact-facts">
        <span title={t('{n} bytes', { n: groupThousands(size) })}>{formatBytes(size)}</span>
        <span aria-hidden="true"> · </span>
        <span>{mediaType || t('unknown type')}</span>
        <span aria-hidden="true"> · </span>
        <Ago at={createdAt} />
        <span aria-hidden="true"> · </span>
        <span title={`SHA-256 ${digest}`}>
          <code className="ck-mono">{digest.slice(0, 10)}</code> <CopyButton text={digest} label={t('Copy the SHA-256 of the content')} />
        </span>
      </p>
      <Preview artifact={artifact} />
    </section>
  );
}

/** Asks where it was pressed: a deleted artifact does not come back. */
function DeleteButton({ artifact, onDeleted }: { artifact: Artifact; onDeleted: () => void }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const cache = useQueryClient();
  const { connection } = useShared();
  const [step, setStep] = useState<'rest' | 'asked' | 'busy'>('rest');
  const { runId, path } = artifact;
  const remove = async () => {
    setStep('busy');
    try {
      await connection.client.tracking.artifacts.delete({ runId, path });
      onDeleted();
      await Promise.all([
        cache.invalidateQueries({ queryKey: keys.artifacts(runId) }),
        cache.invalidateQueries({ queryKey: keys.run(runId) }),
      ]);
    } catch (error) {
      setStep('rest');
      host.notify(errorText(error, t), 'error');
    }
  };
  if (step === 'rest') {
    return (
      <button
        type="button"
        className="ck-icon-btn"
        aria-label={t('Delete {name}', { name: path })}
        title={t('Delete')}
        onClick={() => setStep('asked')}
      >
        <Icon name="bin" size={15} />
      </button>
    );
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be drawn as one
    <span className="ck-confirm" role="group" aria-label={t('Delete {name}', { name: path })}>
      <span>{t('Delete for good?')}</span>
      {/* biome-ignore lint/a11y/noAutofocus: the question was just asked for */}
      <button type="button" className="ck-btn ck-danger ck-small" autoFocus disabled={step === 'busy'} onClick={() => void remove()}>
        {t('Delete')}
      </button>
      <button type="button" className="ck-btn ck-quiet ck-small" disabled={step === 'busy'} onClick={() => setStep('rest')}>
        {t('Keep')}
      </button>
    </span>
  );
}
