/** Every call of the protocol, by the file of its noun. */
import { artifactCalls } from './artifactProxy.ts';
import type { Call } from './call.ts';
import { experimentCalls } from './experiments.ts';
import { inputCalls } from './inputs.ts';
import { loggedModelCalls } from './loggedModels.ts';
import { loggingCalls } from './logging.ts';
import { metricCalls } from './metrics.ts';
import { modelDownloadCalls } from './modelDownloads.ts';
import { modelVersionCalls } from './modelVersions.ts';
import { multipartCalls } from './multipart.ts';
import { registeredModelCalls } from './registeredModels.ts';
import { runCalls } from './runs.ts';
import { searchExperimentsCalls } from './searchExperiments.ts';
import { searchRunsCalls } from './searchRuns.ts';

export const calls: readonly Call[] = [
  ...experimentCalls,
  ...searchExperimentsCalls,
  ...runCalls,
  ...loggingCalls,
  ...searchRunsCalls,
  ...metricCalls,
  ...inputCalls,
  ...artifactCalls,
  ...multipartCalls,
  ...loggedModelCalls,
  ...registeredModelCalls,
  ...modelVersionCalls,
  ...modelDownloadCalls,
];
