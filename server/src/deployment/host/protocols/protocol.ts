/** What the protocols of an endpoint have in common: how they read a request, and how they say what was answered. */

import type { Explanation } from '@cellkeep/schema/deployment';
import type { Protocol as ProtocolName } from '../../predictionLog/index.ts';
import type { Explaining } from '../explaining.ts';
import type { Head } from '../http/head.ts';
import type { Reply } from '../http/reply.ts';
import type { Answers } from '../model.ts';
import type { RefusalShape } from '../refusal.ts';
import type { Table } from '../rows/table.ts';
import type { ServedRelease } from '../served.ts';

export interface Answered {
  release: ServedRelease;
  /** The request's own from row `from` on. */
  answers: Answers;
  from: number;
  count: number;
  predictionId: string;
  /** Of each row, where they were asked for. */
  explanations?: Explanation[];
}

export interface Question {
  table: Table;
  /** MLflow's scoring server drops columns that the model does not know; here they are refused elsewhere. */
  mayHaveExtra?: boolean;
  /** The rows are to be explained before they are answered. */
  explain?: Explaining | null;
  reply: (answered: Answered) => Reply;
}

export interface Protocol {
  name: ProtocolName;
  shape: RefusalShape;
  /** @throws Refusal */
  read: (head: Head, body: Buffer, release: ServedRelease) => Question | Promise<Question>;
}

/** The media type of a request without its parameters, in lower case; empty where it names none. */
export function mediaTypeOf({ headers }: Head): string {
  const given = headers.get('content-type') ?? '';
  const end = given.indexOf(';');
  return (end < 0 ? given : given.slice(0, end)).trim().toLowerCase();
}
