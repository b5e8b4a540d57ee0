/**
 * What serves now? An endpoint has a name and an address; releases put versions of a model behind it. Its hosts are processes of their
 * own (host/): they read what they serve from `endpoints` and `releases` (a change raises the endpoint's `generation` and is notified on
 * the channel `cellkeep_endpoint`), load the models of all active releases, lead each request to one of them, and write what they
 * answered in chunks, behind the answers. The server starts hosts, watches and replaces them, and moves the traffic: a release takes part
 * once every host of its endpoint says that it has loaded it. A server that dies leaves its hosts serving; the next one takes over.
 *
 * deployment.ts keeps all of this going: hosts/ (processes, ports, sleep), releases/ (moves.ts: every move of the traffic as a pure
 * function), canary/, door/ (/endpoints/<name>/… on the server). endpoints/ and traffic/ are what people ask and change. What always
 * holds: each change begins with a lock of the endpoint's row, so that servers and people change one after the other; the weights of
 * those that take traffic sum to 1; a server touches no hosts but its own.
 *
 * A host that is killed can answer nobody any more. What the door had sent it goes once more to another one, where no answer had begun and
 * the body is one of 1 MiB at most that came with its length; where that is not so, or no host is left, the caller gets 503 with
 * Retry-After, and an answer that has begun is cut off. Whoever asked the endpoint's own address sees the connection reset, and has to
 * send again unbidden. How long a host goes on that is to end stands in host/drainTimes.ts.
 *
 * What nobody needs any more goes once a day (sweeping.ts): unpacked models that no release is of, a day after they were loaded; Python
 * environments that no release's model was loaded with, CELLKEEP_ENVIRONMENT_DAYS (30, at least 2) after they were taken; rows stored for a
 * batch, after a day, unless a batch was asked with them; batches, CELLKEEP_BATCH_DAYS (400) after their end, with their rows and answers.
 */

export { batchReferences } from './batches/batches.ts';
export { batchRoutes } from './batches/batchRoutes.ts';
export { createBatchWorker } from './batches/batchWorker.ts';
export { createDeployment, type Deployment } from './deployment.ts';
export { type HostingSettings, readHostingSettings } from './hosts/hostingSettings.ts';
export { endLeftHosts } from './hosts/leftHosts.ts';
export { createPromotionDriver } from './promotions/promotionDriver.ts';
export { createPromotionWorker } from './promotions/promotionWorker.ts';
export { createDeploymentRouter } from './router.ts';
export type { WithScorer } from './scorer/scorer.ts';
export { createScorerPool } from './scorer/scorerPool.ts';
export { containerRoutes } from './targets/container.ts';
export { readRaySettings } from './targets/rayAddress.ts';
export { whereServed } from './whereServed.ts';
