/** Operations of versions in full, and of what a team agrees on about them. */
import { listFiles, putBundle, readBundle } from './bundle/bundles.ts';
import { putCard, readCard } from './card/cards.ts';
import { listEvaluations, startEvaluation } from './evaluate/evaluations.ts';
import type { Evaluator } from './evaluate/evaluator.ts';
import { deleteSet, listSets, putSet } from './evaluate/sets.ts';
import { askApproval, listApprovals, voteOnApproval, withdrawApproval } from './gate/approvals.ts';
import { checkVersion, gateOf, putGate } from './gate/gates.ts';
import { os } from './implementer.ts';
import { listDetails, listOverviews, requireDetails } from './version/details.ts';
import { diffVersions } from './version/diffVersions.ts';
import { restoreModel, restoreVersion } from './version/restore.ts';
import type { WhereServed } from './version/whereServed.ts';

/** As main.ts builds it. */
export interface Governing {
  whereServed: WhereServed;
  evaluator: Pick<Evaluator, 'wake'>;
}

export function governedHandlers({ whereServed, evaluator }: Governing) {
  return {
    bundles: {
      get: os.bundles.get.handler(({ context, input: { id } }) => readBundle(context, id)),
      put: os.bundles.put.handler(({ context, input }) => putBundle(context, input)),
    },
    modelFiles: {
      list: os.modelFiles.list.handler(async ({ context, input: { id } }) => ({ files: await listFiles(context, id) })),
    },
    details: {
      models: os.details.models.handler(({ context, input }) => listOverviews(context, whereServed, input)),
      get: os.details.get.handler(({ context, input }) => requireDetails(context, whereServed, input)),
      list: os.details.list.handler(({ context, input }) => listDetails(context, whereServed, input)),
      diff: os.details.diff.handler(({ context, input }) => diffVersions(context, whereServed, input)),
      restore: os.details.restore.handler(async ({ context, input }) => {
        await restoreVersion(context, input);
        return requireDetails(context, whereServed, input);
      }),
      restoreModel: os.details.restoreModel.handler(({ context, input: { name } }) => restoreModel(context, name)),
    },
    cards: {
      get: os.cards.get.handler(({ context, input }) => readCard(context, whereServed, input)),
      put: os.cards.put.handler(async ({ context, input }) => {
        await putCard(context, input);
        return readCard(context, whereServed, input);
      }),
    },
    evaluationSets: {
      list: os.evaluationSets.list.handler(async ({ context: { sql, caller }, input: { name } }) => ({
        sets: await listSets(sql, caller.workspaceId, name),
      })),
      put: os.evaluationSets.put.handler(({ context, input }) => putSet(context, input)),
      delete: os.evaluationSets.delete.handler(async ({ context, input: { id } }) => ({ deleted: await deleteSet(context, id) })),
    },
    evaluations: {
      start: os.evaluations.start.handler(async ({ context, input }) => {
        const evaluation = await startEvaluation(context, input);
        if (evaluation.status === 'queued') evaluator.wake();
        return evaluation;
      }),
      list: os.evaluations.list.handler(({ context, input }) => listEvaluations(context, input)),
    },
    gates: {
      get: os.gates.get.handler(({ context, input: { name } }) => gateOf(context, name)),
      put: os.gates.put.handler(({ context, input }) => putGate(context, input)),
      check: os.gates.check.handler(({ context, input: { name, version } }) => checkVersion(context, name, version)),
    },
    approvals: {
      list: os.approvals.list.handler(({ context, input }) => listApprovals(context, input)),
      ask: os.approvals.ask.handler(({ context, input }) => askApproval(context, input)),
      vote: os.approvals.vote.handler(({ context, input }) => voteOnApproval(context, input)),
      withdraw: os.approvals.withdraw.handler(({ context, input: { id } }) => withdrawApproval(context, id)),
    },
  };
}
