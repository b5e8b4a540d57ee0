/** Calls between a thread and whoever started it, both ways over one port. */
import type { MessagePort, Worker } from 'node:worker_threads';
import type { Signature } from '@cellkeep/schema/registry';

export interface FileTask {
  /** bytes */
  size: number;
  name: string;
  signature: Signature;
}

/** Rows in the order of the file: those that have no error, and of every row why it has one. */
export interface Piece {
  count: number;
  rows: unknown[][];
  errors: (string | null)[];
}

export interface Answers {
  /** Null: nothing was answered yet. */
  columns: string[] | null;
  /** Of the rows without an error. */
  data: unknown[][];
  errors: (string | null)[];
}

type Message = { id: number; call: string; given: unknown } | { id: number; value?: unknown; error?: { name: string; message: string } };
// biome-ignore lint/suspicious/noExplicitAny: each side knows what its calls are given
type Calls = Record<string, (given: any) => Promise<unknown>>;

export interface Caller {
  /** @throws what the other side threw, with its name and message */
  ask: (call: string, given?: unknown) => Promise<unknown>;
  /** Nobody will answer any more. */
  end: (error: Error) => void;
}

export function serveCalls(port: Pick<MessagePort | Worker, 'on' | 'postMessage'>, calls: Calls): Caller {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let next = 0;
  let ended: Error | null = null;
  port.on('message', async (message: Message) => {
    if (!('call' in message)) {
      const asked = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) asked?.reject(Object.assign(new Error(message.error.message), { name: message.error.name }));
      else asked?.resolve(message.value);
      return;
    }
    const { id, call, given } = message;
    try {
      port.postMessage({ id, value: await calls[call]?.(given) });
    } catch (error) {
      const { name, message: text } = error instanceof Error ? error : new Error(String(error));
      port.postMessage({ id, error: { name, message: text } });
    }
  });
  return {
    ask(call, given) {
      if (ended) return Promise.reject(ended);
      const id = next++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        port.postMessage({ id, call, given });
      });
    },
    end(error) {
      ended = error;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
}
