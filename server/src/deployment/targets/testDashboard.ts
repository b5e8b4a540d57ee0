/** Stands where the dashboard of a Ray cluster is: it answers as Ray 2.60 did when it was asked, and remembers what it was told. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

interface Application {
  status: string;
  message: string;
  route_prefix: string;
  deployed_app_config: Record<string, unknown> | null;
}

export interface TestDashboard {
  url: string;
  applications: Record<string, Application>;
  packages: Map<string, Buffer>;
  /** The configs that were put, newest last. */
  put: Record<string, unknown>[];
  /** What the next PUT of applications is answered with. */
  refuse: string | null;
  close: () => Promise<void>;
}

export async function testDashboard(): Promise<TestDashboard> {
  const state: Pick<TestDashboard, 'applications' | 'packages' | 'put' | 'refuse'> = {
    ...{ applications: {}, packages: new Map(), put: [], refuse: null },
  };
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const name = /^\/api\/packages\/gcs\/(_ray_pkg_[0-9a-f]+\.zip)$/.exec(request.url ?? '')?.[1];
    const answer = (status: number, text = '') => response.writeHead(status).end(text);
    if (name && request.method === 'GET') return answer(state.packages.has(name) ? 200 : 404);
    if (name && request.method === 'PUT') {
      state.packages.set(name, body);
      return answer(200);
    }
    if (request.url !== '/api/serve/applications/') return answer(404);
    if (request.method === 'GET') {
      const details = { controller_info: {}, proxies: {}, target_capacity: null, applications: state.applications };
      return answer(200, JSON.stringify({ proxy_location: 'EveryNode', http_options: { host: '127.0.0.1', port: 8000 }, ...details }));
    }
    if (state.refuse !== null) return answer(400, state.refuse);
    const config = JSON.parse(body.toString()) as { applications: (Record<string, unknown> & { name: string; route_prefix: string })[] };
    state.put.push(config);
    for (const [key, { deployed_app_config }] of Object.entries(state.applications))
      if (deployed_app_config && !config.applications.some((one) => one.name === key)) delete state.applications[key];
    for (const one of config.applications)
      state.applications[one.name] ??= { status: 'DEPLOYING', message: '', route_prefix: one.route_prefix, deployed_app_config: one };
    answer(200);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  });
}
