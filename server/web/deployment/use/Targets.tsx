/** Where else a release may run: a container, Kubernetes with KServe, a Ray cluster that is there already. */
import type { Endpoint, Release } from '@cellkeep/schema/deployment';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { saveText } from '../../charts/exportFiles.ts';
import { newId } from '../../design/newId.ts';
import { useTranslate } from '../../host.ts';
import { useShared } from '../../live/shared.ts';
import { Code } from '../../look/Code.tsx';
import { Icon } from '../../look/icons.tsx';
import { ErrorState, errorText } from '../../look/states.tsx';
import { Ago } from '../../look/Time.tsx';
import { Section } from '../../tracking/run/Section.tsx';
import { useAttempt } from '../attempt.ts';
import { deploymentKeys, mainRelease, useDeploymentClient } from '../queries.ts';
import { releaseName } from '../releaseStyle.ts';
import { SureButton } from '../SureButton.tsx';

type Target = 'container' | 'kserve' | 'ray';

export function Targets({ endpoint }: { endpoint: Endpoint }): ReactElement | null {
  const t = useTranslate();
  const [target, setTarget] = useState<Target>('container');
  const release = mainRelease(endpoint);
  if (!release) return null;
  const names: Record<Target, string> = { container: t('Container'), kserve: 'KServe', ray: 'Ray Serve' };
  return (
    <Section title={t('Run it elsewhere')}>
      <div className="ck-segments ck-snippet-tabs">
        {(Object.keys(names) as Target[]).map((one) => (
          <button key={one} type="button" aria-pressed={target === one} onClick={() => setTarget(one)}>
            {names[one]}
          </button>
        ))}
      </div>
      {target === 'container' && <Container endpoint={endpoint} release={release} />}
      {target === 'kserve' && <KServe endpoint={endpoint} releaseId={release.id} version={release.version} />}
      {target === 'ray' && <Ray endpoint={endpoint} releaseId={release.id} label={releaseName(release, endpoint.releases)} />}
    </Section>
  );
}

/** All that an image needs, as one file: the model, its environment, a Dockerfile, and what answers in it. */
function Container({ endpoint, release }: { endpoint: Endpoint; release: Release }): ReactElement {
  const t = useTranslate();
  const { connection } = useShared();
  const image = `${endpoint.name}:v${release.version}`;
  return (
    <>
      <a
        className="ck-btn ck-target-file"
        href={`${connection.baseUrl}api/v1/releases/${release.id}/container`}
        download={`${endpoint.name}-${release.number}.tar`}
      >
        <Icon name="download" size={14} /> {t('Download the context of {version}', { version: releaseName(release, endpoint.releases) })}
      </a>
      <Code source={`docker build -t ${image} - < ${endpoint.name}-${release.number}.tar\ndocker run -p 8080:8080 ${image}\n`} plain />
      <p className="ck-field-note">
        {t('What starts in it needs neither this server nor a database, and answers the same protocols for this one version.')}
      </p>
    </>
  );
}

function KServe({ endpoint, releaseId, version }: { endpoint: Endpoint; releaseId: string; version: number }): ReactElement {
  const t = useTranslate();
  const client = useDeploymentClient();
  const [problem, setProblem] = useState<string | null>(null);
  const [image, setImage] = useState(`${endpoint.name}:v${version}`);
  const [namespace, setNamespace] = useState('default');
  const [manifest, setManifest] = useState<string | null>(null);
  const make = async (event: FormEvent) => {
    event.preventDefault();
    try {
      setManifest((await client.manifests.kserve({ id: releaseId, image, namespace })).manifest);
      setProblem(null);
    } catch (error) {
      setManifest(null);
      setProblem(errorText(error, t));
    }
  };
  return (
    <>
      <form className="ck-line-form" onSubmit={(event) => void make(event)}>
        <input
          className="ck-field"
          value={image}
          aria-label={t('Image of the container')}
          onChange={(event) => setImage(event.target.value)}
        />
        <input
          className="ck-field ck-token-rate"
          value={namespace}
          aria-label={t('Namespace')}
          title={t('Namespace')}
          onChange={(event) => setNamespace(event.target.value)}
        />
        <button type="submit" className="ck-btn">
          <Icon name="file" size={14} /> {t('Make the manifest')}
        </button>
      </form>
      {problem && (
        <p className="ck-answer-wrong" role="alert">
          {problem}
        </p>
      )}
      {manifest && (
        <>
          <Code source={manifest} plain />
          <button
            type="button"
            className="ck-btn ck-target-file"
            onClick={() => saveText(`${endpoint.name}-v${version}.yaml`, manifest, 'application/yaml')}
          >
            <Icon name="download" size={14} /> {t('Download the manifest')}
          </button>
        </>
      )}
      <p className="ck-field-note">
        {t(
          'An InferenceService for the image that the container’s context builds: push it to where the cluster pulls from, then apply the manifest.',
        )}
      </p>
    </>
  );
}

function Ray({ endpoint, releaseId, label }: { endpoint: Endpoint; releaseId: string; label: string }): ReactElement {
  const t = useTranslate();
  const client = useDeploymentClient();
  const attempt = useAttempt();
  const [address, setAddress] = useState('http://127.0.0.1:8265');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const mayChange = useMayWrite();
  const { data, error, refetch } = useQuery({
    queryKey: deploymentKeys.ray(endpoint.name),
    queryFn: async ({ signal }) => (await client.rayDeployments.list({ endpoint: endpoint.name }, { signal })).deployments,
    refetchInterval: ({ state }) => (state.data?.some(({ status }) => status === 'deploying') ? 2_000 : false),
  });
  const deploy = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await client.rayDeployments.put({ id: newId(), releaseId, address });
      await refetch();
    } catch (failed) {
      setProblem(errorText(failed, t));
    }
    setBusy(false);
  };
  const words = {
    deploying: t('deploying'),
    running: t('running'),
    unhealthy: t('unhealthy'),
    failed: t('failed'),
    deleted: t('deleted'),
    unknown: t('unknown'),
  };
  return (
    <>
      {mayChange && (
        <form className="ck-line-form" onSubmit={(event) => void deploy(event)}>
          <input
            className="ck-field"
            type="url"
            required
            value={address}
            aria-label={t('Address of the cluster’s dashboard')}
            onChange={(event) => setAddress(event.target.value)}
          />
          <button type="submit" className="ck-btn" disabled={isBusy}>
            <Icon name="rocket" size={14} /> {isBusy ? t('Sending…') : t('Run {version} there', { version: label })}
          </button>
        </form>
      )}
      {problem && (
        <p className="ck-answer-wrong" role="alert">
          {problem}
        </p>
      )}
      {data?.length === 0 && (
        <p className="ck-field-note">
          {t(
            'It runs on no Ray cluster yet. Give the address of the dashboard of one that is there already (8265 is Ray’s own port); the release is sent to it and answers at Ray Serve’s address. Started with',
          )}{' '}
          <code className="ck-mono">ray start --head</code>
          {t(', a cluster on the server’s machine is reached as it stands.')}
        </p>
      )}
      {error && !data && <ErrorState error={error} onRetry={() => void refetch()} />}
      {data && data.length > 0 && (
        <ul className="ck-ray">
          {data.map(({ id, address: where, application, routePrefix, status, message, checkedAt }) => (
            <li key={id} title={message}>
              <b data-status={status}>{words[status]}</b> {application} <code className="ck-mono">{where + routePrefix}</code>
              {message && <span className="ck-dim"> {message}</span>}
              <span className="ck-grow" />
              {checkedAt !== null && (
                <span className="ck-faint">
                  <Ago at={checkedAt} />
                </span>
              )}
              {mayChange && (
                <SureButton
                  isSmall
                  label={t('Take it off')}
                  sure={t('Take it off, now')}
                  onSure={() => void attempt(() => client.rayDeployments.delete({ id }))}
                />
              )}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
