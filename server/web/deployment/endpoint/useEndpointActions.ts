/** What can be done to an endpoint; what went wrong is said, and what is shown is asked for again. */
import type { Endpoint, EndpointSettings, Release } from '@cellkeep/schema/deployment';
import { useMemo } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { useHost, useTranslate } from '../../host.ts';
import { useTrusting } from '../../look/TrustQuestion.tsx';
import { useAttempt } from '../attempt.ts';
import { deploymentKeys, useDeploymentClient } from '../queries.ts';
import { releaseName } from '../releaseStyle.ts';

export type EndpointActions = ReturnType<typeof useEndpointActions>;

export function useEndpointActions(name: string) {
  const client = useDeploymentClient();
  const attempt = useAttempt();
  const { attempt: attemptTrusted, question } = useTrusting(deploymentKeys.all);
  const mayChange = useMayWrite();
  const host = useHost();
  const t = useTranslate();
  return useMemo(
    () => ({
      /** Who may not is shown what is, and nothing to press. */
      mayChange,
      /** Whose code a release would run; put it where the person looks. */
      question,
      stop: () => attempt(() => client.endpoints.update({ name, wanted: 'stopped' })),
      start: () => attempt(() => client.endpoints.update({ name, wanted: 'running' })),
      /** @param readAt `updatedAt` of what was shown: what somebody else has changed since is not overwritten unseen */
      setSettings: (settings: Partial<EndpointSettings>, readAt: number) =>
        attempt(() => client.endpoints.update({ name, settings, readAt })),
      describe: (description: string) => attempt(() => client.endpoints.update({ name, description })),
      rollBack: async (reason = '') => {
        const endpoint = await attempt(() => client.releases.rollBack({ endpoint: name, reason }));
        const live = endpoint?.releases.find(({ role }) => role === 'live');
        if (live) host.notify(t('{name} answers with {version} again.', { name, version: releaseName(live) }), 'info');
        return endpoint;
      },
      setTraffic: (weights: { releaseId: string; weight: number }[], readAt: number) =>
        attempt(() => client.releases.setTraffic({ endpoint: name, weights, readAt })),
      finishCanary: (release: Release) => attempt(() => client.releases.finishCanary({ id: release.id })),
      retire: (release: Release) => attempt(() => client.releases.retire({ id: release.id })),
      release: (input: Parameters<typeof client.releases.create>[0]) =>
        attemptTrusted((trustUser) => client.releases.create({ ...input, ...(trustUser ? { trustUser } : {}) })),
      delete: async () => {
        const done = await attempt(() => client.endpoints.delete({ name }));
        if (done) host.navigate({ view: 'endpoints' });
        return done;
      },
    }),
    [attempt, attemptTrusted, client, host, mayChange, name, question, t],
  );
}

/**
 * The one that answers after rolling back: under a canary the live one, else the one that stands by since another took its place. Null:
 * there is nothing to go back to.
 */
export function releaseBefore({ releases }: Pick<Endpoint, 'releases'>): Release | null {
  const role = releases.some((release) => release.role === 'canary') ? 'live' : 'standby';
  return releases.filter((release) => release.role === role).sort((a, b) => b.weight - a.weight || b.number - a.number)[0] ?? null;
}
