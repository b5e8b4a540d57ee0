// Starts the server and the JupyterLab that all end-to-end tests share; returns what stops them.
import type { FullConfig } from '@playwright/test';
import { startJupyter, startServer } from './processes.ts';

export default async function globalSetup(config: FullConfig): Promise<() => Promise<void>> {
  const server = await startServer();
  process.env.CELLKEEP_E2E_SERVER = JSON.stringify({
    url: server.url,
    token: server.token,
    login: server.login,
    home: server.home,
    pid: server.pid,
  });
  const chosen = process.argv.filter((arg) => arg.startsWith('--project=')).map((arg) => arg.slice('--project='.length));
  const wantsJupyter = (chosen.length === 0 || chosen.includes('jupyterlab')) && config.projects.some(({ name }) => name === 'jupyterlab');
  const jupyter = wantsJupyter ? await startJupyter({ server }).catch(stopAfter(server.stop)) : null;
  if (jupyter) {
    process.env.CELLKEEP_E2E_JUPYTER = JSON.stringify({
      url: jupyter.url,
      token: jupyter.token,
      root: jupyter.root,
      home: jupyter.home,
      pid: jupyter.pid,
    });
  }
  return async () => {
    await jupyter?.stop();
    await server.stop();
  };
}

function stopAfter(stop: () => Promise<void>) {
  return async (error: unknown): Promise<never> => {
    await stop();
    throw error;
  };
}
