/**
 * Exports and registers on the server what is stored already: `python -m cellkeep promote --supervised` as a child (core/childWorker.ts).
 * The child reads one line of JSON from its stdin: `{ url, token, promotion, source, modelName, endpoint, options, loggedModelId, trust,
 * files }`.
 * With that token it tells its steps by `PATCH /promotions/{id}`, with `version` and `loggedModelId` once they are there, and ends with
 * `POST /promotions/{id}/serve`, whether the version is to be served or only to be registered; then it exits with 0. Where it cannot go on
 * it says why with `status: failed`, or in the last line on its stderr. Code of nobody may run but the asker's and that of `trust`.
 */
import { join } from 'node:path';
import { lendToken } from '../../access/index.ts';
import { type ChildWorker, createChildWorker } from '../../core/childWorker.ts';
import type { Services } from '../../core/context.ts';
import type { VerifySettings } from '../../design/index.ts';
import { claimPromotion, endUnfinished, heartbeat, type PromotionTask, putBack, requeueLost } from './promotionQueue.ts';

/** ms: most of it builds the environment of a model whose packages are not there yet */
const LASTS = 2 * 3_600_000;

/** @param settings those of verifying: both run code of users, and what decides about one decides about the other */
export function createPromotionWorker(services: Services, settings: VerifySettings): ChildWorker {
  return createChildWorker<PromotionTask>(
    services,
    {
      name: 'promotion',
      claim: () => claimPromotion(services),
      heartbeat: (ids) => heartbeat(services, ids),
      requeueLost: ({ all }) => requeueLost(services, { all }),
      putBack: (id) => putBack(services, id),
      end: (id, words) => endUnfinished(services, id, words),
      lasts: () => LASTS,
      command: ({ id, workspaceId: _w, userId: _u, ...task }) => ({
        args: ['-m', 'cellkeep', 'promote', '--supervised', '--memory', String(settings.memory)],
        task: { promotion: id, ...task },
      }),
    },
    lendToken.bind(null, services.sql),
    { ...settings, scratch: join(settings.folder, 'promotions') },
  );
}
