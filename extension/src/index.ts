/** Cellkeep in JupyterLab and Notebook 7: the list of its plugins. Each folder opens with what it is for (`plugin.ts`). */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { connectionPlugin } from './connection/plugin';
import { deploymentPlugin } from './deployment/plugin';
import { designPlugin } from './design/plugin';
import { notebookPlugin } from './notebook/plugin';
import { statusPlugin } from './status/plugin';
import { trackingPlugin } from './tracking/plugin';
import '@cellkeep/web/style.css';
import '../style/index.css';
import '../style/design.css';
import '../style/deployment.css';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  connectionPlugin,
  notebookPlugin,
  trackingPlugin,
  designPlugin,
  deploymentPlugin,
  statusPlugin,
];
export default plugins;
