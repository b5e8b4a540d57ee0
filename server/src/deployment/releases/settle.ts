/** What hosts say of releases becomes what the releases are: those that are loaded begin, those that cannot be have failed. */
import type { Db } from '../../core/context.ts';
import { changeEndpoint, type Effects, type Telling } from '../endpoints/change.ts';
import { subjectOfEndpoint } from '../endpoints/changeEndpoints.ts';
import { columnsOfEndpoint, type EndpointRow, type Seen } from '../endpoints/readEndpoints.ts';
import { isSilent, readHosts } from '../hosts/hostRows.ts';
import { decideStarting, type StartDecision } from './decideStarting.ts';
import { activate, inTraffic, type Standing } from './moves.ts';
import { type ReleaseRow, readReleases, saveStandings, standingOf } from './releaseRows.ts';

/** A release that brings its hosts down, found by whoever watches them. */
export interface Blamed {
  releaseId: string;
  reason: string;
}

const lockEndpoint =
  (id: string) =>
  async (tx: Db): Promise<EndpointRow> => {
    const [row] = await tx<EndpointRow[]>`
    select ${columnsOfEndpoint(tx)} from endpoints e join users u on u.id = e.user_id where e.id = ${id} and e.deleted_at is null for update of e`;
    if (!row) throw new EndpointGone();
    return row;
  };

/** It was deleted between a look and what was to be done about it. */
class EndpointGone extends Error {}

/**
 * One change of releases that no person makes, on one of the servers: `move` is asked again under the lock, with what is true then. It is
 * written down as its maker's, who made the release that moves.
 */
export async function moveByItself(
  services: Telling,
  seen: Seen,
  maker: ReleaseRow,
  {
    what,
    data,
    move,
  }: {
    what: string;
    data?: Record<string, unknown>;
    move: (standings: Standing[], rows: ReleaseRow[], tx: Db) => Promise<Standing[] | null> | Standing[] | null;
  },
): Promise<boolean> {
  const [who] = await services.sql<
    { workspaceId: string }[]
  >`select workspace_id as "workspaceId" from endpoints where id = ${maker.endpointId}`;
  if (!who) return false;
  try {
    return await changeEndpoint(services, seen, {
      who: { ...who, userId: maker.userId, userName: maker.userName },
      find: lockEndpoint(maker.endpointId),
      work: async (tx, endpoint, { events, releases }: Effects) => {
        const rows = await readReleases(tx, [endpoint.id], { others: 0 });
        const before = rows.map(standingOf);
        const after = await move(before, rows, tx);
        const changed = after ? await saveStandings(tx, before, after) : [];
        if (!after || changed.length === 0) return false;
        for (const id of changed) releases.add(id);
        const shares = Object.fromEntries(inTraffic(after).map(({ number, weight }) => [number, weight]));
        events.push({
          what,
          subject: subjectOfEndpoint(endpoint.id),
          after: shares,
          data: { endpoint: endpoint.name, release: maker.number, shares, ...data },
        });
        return true;
      },
    });
  } catch (error) {
    if (error instanceof EndpointGone) return false;
    throw error;
  }
}

/** @returns whether anything has moved */
export async function settleReleases(
  services: Telling,
  seen: Seen,
  rows: readonly ReleaseRow[],
  blamed: readonly Blamed[] = [],
): Promise<boolean> {
  let moved = false;
  const starting = rows.filter(({ role }) => role === 'starting').sort((a, b) => a.number - b.number);
  for (const release of starting) {
    const fault = blamed.find(({ releaseId }) => releaseId === release.id);
    const ofFault: StartDecision[] = fault ? [{ releaseId: release.id, verdict: 'fail', reason: fault.reason }] : [];
    const decide = async (standings: readonly Standing[], db: Db) => {
      if (ofFault.length > 0) return ofFault[0];
      const hosts = (await readHosts(db, [release.endpointId])).filter((host) => !isSilent(host) && host.state !== 'draining');
      return decideStarting(standings, hosts).find(({ releaseId }) => releaseId === release.id);
    };
    const first = await decide(rows.map(standingOf), services.sql);
    if (!first) continue;
    const what = first.verdict === 'begin' ? 'release.begun' : 'release.failed';
    const data = first.verdict === 'fail' ? { reason: first.reason } : undefined;
    const move = async (standings: Standing[], _rows: ReleaseRow[], tx: Db) => {
      const decision = standings.some(({ id, role }) => id === release.id && role === 'starting') ? await decide(standings, tx) : undefined;
      if (decision?.verdict !== first.verdict) return null;
      return decision.verdict === 'begin'
        ? activate(standings, release.id, seen.now())
        : failed(standings, release.id, seen.now(), decision.reason);
    };
    if (await moveByItself(services, seen, release, { what, data, move })) moved = true;
  }
  return moved;
}

function failed(standings: readonly Standing[], id: string, at: number, reason: string): Standing[] {
  return standings.map((standing) =>
    standing.id === id ? { ...standing, role: 'failed', weight: 0, retiredAt: at, message: reason.slice(0, 4_000) } : standing,
  );
}
