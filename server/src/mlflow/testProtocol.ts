import type { TestServer } from '../testing/index.ts';

export interface ProtocolAnswer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what the protocol says, and fails where it is something else
  body: Record<string, any>;
}

/** Asks as MLflow's clients do: `ask('POST', 'registered-models/create', { name })`. The owner, unless another token is given. */
export function protocolOf(server: () => TestServer, token?: string) {
  return async (method: string, path: string, body?: object): Promise<ProtocolAnswer> => {
    const { url, token: owner } = server();
    const response = await fetch(`${url}/api/2.0/mlflow/${path}`, {
      method,
      headers: { authorization: `Bearer ${token ?? owner}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as ProtocolAnswer['body'] };
  };
}
