/**
 * Whether somebody answers at an endpoint's address on this machine. Signs of life say that a host's process runs; this says that it can be
 * reached. Hosts share the port, so that an answer is that of any of them: only what is true of all is drawn from it.
 */
import { get } from 'node:http';
import { codeOf } from '../../core/plainError.ts';
import type { HostingSettings } from './hostingSettings.ts';

const ANSWERS_WITHIN = 5_000; // ms
/** In a row: a host that ends just then, or a moment without processor time, is no trouble. */
const TIMES = 3;

export interface Health {
  /** Why hosts that say that they are ready are not; null: they answer, or it is not known yet. Asks again when it is time. */
  troubleOf: (endpointId: string, port: number, hosts: number) => string | null;
  forget: (endpointId: string) => void;
}

interface Known {
  askedAt: number;
  refused: number;
  late: number;
}

/** @param hangsAfter ms without an answer after which there is trouble */
export function createHealth({ listen, hangsAfter }: Pick<HostingSettings, 'listen' | 'hangsAfter'>): Health {
  const askEvery = hangsAfter / TIMES;
  const known = new Map<string, Known>();
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[listen] ?? listen;

  const ask = (endpointId: string, port: number) => {
    const { refused, late } = known.get(endpointId) ?? { refused: 0, late: 0 };
    known.set(endpointId, { askedAt: Date.now(), refused, late });
    const say = (state: Omit<Known, 'askedAt'>) => {
      if (known.has(endpointId)) known.set(endpointId, { askedAt: Date.now(), ...state });
    };
    const asked = get({ host, port, path: '/v2/health/live', agent: false, timeout: ANSWERS_WITHIN }, (answer) => {
      answer.resume();
      say({ refused: 0, late: 0 });
    });
    asked.once('timeout', () => asked.destroy(new Error('late')));
    asked.once('error', (error) => {
      if (error.message === 'late') say({ refused: 0, late: late + 1 });
      else say(codeOf(error) === 'ECONNREFUSED' ? { refused: refused + 1, late: 0 } : { refused: 0, late: 0 });
    });
  };

  return {
    troubleOf(endpointId, port, hosts) {
      const state = known.get(endpointId);
      if (!state || Date.now() - state.askedAt > askEvery) ask(endpointId, port);
      if (!state) return null;
      if (state.refused >= TIMES) return `nobody listens on port ${port}`;
      // Of several, the one that hangs is not known; its signs of life tell it.
      return state.late >= TIMES && hosts === 1 ? `it did not answer within ${ANSWERS_WITHIN / 1_000} s, ${TIMES} times in a row` : null;
    },
    forget: (endpointId) => known.delete(endpointId),
  };
}
