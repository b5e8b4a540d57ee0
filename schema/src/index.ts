/** Every operation of Cellkeep, by room. Served as RPC over one WebSocket and as HTTP under /api/v1. */
import { accessContract } from './access/index.ts';
import { collaborationContract } from './collaboration/index.ts';
import { deploymentContract } from './deployment/index.ts';
import { designContract } from './design/index.ts';
import { governanceContract } from './governance/index.ts';
import { registryContract } from './registry/index.ts';
import { trackingContract } from './tracking/index.ts';

export const contract = {
  access: accessContract,
  tracking: trackingContract,
  design: designContract,
  governance: governanceContract,
  collaboration: collaborationContract,
  registry: registryContract,
  deployment: deploymentContract,
};
export type Contract = typeof contract;
