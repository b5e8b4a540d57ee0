/** One call of the protocol, declared: where it is, what its message has, and what it answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallContext } from '../core/context.ts';
import type { Tracking } from '../tracking/index.ts';
import { type Fields, type Message, readerOf } from './message.ts';

export interface MlflowContext extends CallContext {
  tracking: Tracking;
}

/** Bytes of a body that lists many things, or has values that are cut only here. */
export const LONG_BODY = 16 * 1024 * 1024;

export interface Place {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below /api/2.0/: `mlflow/runs/create`, `mlflow/logged-models/{model_id}`, `mlflow-artifacts/artifacts/{...path}`. */
  path: string;
  /** Of the prefix; 2 where none is named. */
  version?: 2 | 3;
  /** Stores nothing, or makes room: answered also when the disk of the database is nearly full. Every GET is. */
  reads?: boolean;
  /** Bytes of its body; 1 MiB where none are named. */
  mostBytes?: number;
}

/** An answer that is no object for JSON, or is written already: one of many numbers. */
export class Written {
  readonly text: string | Buffer;
  readonly type: string;
  constructor(text: string | Buffer, type = 'application/json') {
    this.text = text;
    this.type = type;
  }
}

export type Answer = object | Written;

export interface Streamed extends MlflowContext {
  request: IncomingMessage;
  response: ServerResponse;
  /** Parts of the path by their names: `{name}` decoded, `{...rest}` as it was sent. */
  parameters: Record<string, string>;
  query: URLSearchParams;
}

export type Call = Place &
  (
    | { fields: Fields; respond: (context: MlflowContext, given: Record<string, unknown>) => Promise<Answer>; stream?: never }
    | { stream: (streamed: Streamed) => Promise<void> }
  );

export function call<F extends Fields>({
  message,
  answer,
  ...place
}: Place & { message: F; answer: (context: MlflowContext, message: Message<F>) => Promise<Answer> }): Call {
  const read = readerOf(message);
  return { ...place, fields: message, respond: async (context, given) => answer(context, read(given)) };
}

/** Reads its JSON body by itself: for calls that come thousands of times a second. */
export function rawCall({
  answer,
  ...place
}: Place & { answer: (context: MlflowContext, body: Record<string, unknown>) => Promise<Answer> }): Call {
  return { ...place, fields: {}, respond: answer };
}

/** Answers by itself, and reads the request as it comes. */
export function streamCall(declared: Place & { stream: (streamed: Streamed) => Promise<void> }): Call {
  return declared;
}
