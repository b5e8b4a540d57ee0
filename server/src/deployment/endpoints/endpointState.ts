/** How an endpoint is, from what is wanted of it, its releases and its hosts. */
import type { EndpointState, Host, Release } from '@cellkeep/schema/deployment';

interface Known {
  wanted: 'running' | 'stopped';
  isAsleep: boolean;
  replicas: number;
  releases: readonly Pick<Release, 'number' | 'role' | 'message'>[];
  hosts: readonly Pick<Host, 'state' | 'message' | 'machine'>[];
}

export function endpointState({ wanted, isAsleep, replicas, releases, hosts }: Known): { state: EndpointState; message: string } {
  const active = releases.filter(({ role }) => role !== 'retired' && role !== 'failed');
  const answering = active.some(({ role }) => role === 'live' || role === 'canary');
  const newest = [...releases].sort((a, b) => b.number - a.number)[0];
  if (wanted === 'stopped') return { state: 'stopped', message: '' };
  if (active.length === 0) {
    return newest?.role === 'failed' ? { state: 'failed', message: newest.message } : { state: 'empty', message: 'it has no release yet' };
  }
  if (isAsleep) return { state: 'asleep', message: 'the next request wakes it' };
  const ready = hosts.filter(({ state }) => state === 'ready');
  const crashed = hosts.find(({ state }) => state === 'crashed');
  // One that starts says nothing, but where it cannot load what it is to answer with.
  const troubled = crashed ?? hosts.find(({ state, message }) => state === 'starting' && message !== '');
  if (ready.length === 0) return troubled ? { state: 'failed', message: troubled.message } : { state: 'starting', message: '' };
  if (!answering) return { state: 'starting', message: 'its first release is being loaded' };
  const lacking = troubled ?? ready.find(({ message }) => message !== '');
  if (lacking) return { state: 'degraded', message: lacking.message };
  const machines = new Set(hosts.map(({ machine }) => machine)).size;
  if (ready.length < replicas * machines)
    return { state: 'degraded', message: `${ready.length} of ${replicas * machines} hosts are ready` };
  return { state: 'ready', message: newest?.role === 'failed' ? `release ${newest.number} failed: ${newest.message}` : '' };
}
