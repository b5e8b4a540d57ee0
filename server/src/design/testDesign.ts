/** What tests of snapshots do again and again: a kernel that records, a run, and a notebook that is stored. */
import { randomUUID } from 'node:crypto';
import type { SnapshotInput } from '@cellkeep/schema/design';
import type { TestServer } from '../testing/index.ts';
import { snapshotOf, type TestNotebook } from './testNotebook.ts';

export function testDesign(server: () => TestServer) {
  const design = () => server().client.design;
  const newRunId = () => randomUUID().replaceAll('-', '');
  return {
    design,
    newRunId,
    /** A kernel's side of the conversation: counts its batches. */
    newKernel() {
      const writer = randomUUID();
      const sessionId = randomUUID();
      let seq = 0;
      const send = (...records: unknown[]) => server().client.tracking.ingest({ writer, seq: ++seq, records });
      const start = (notebookPath: string | null = null) =>
        send({ type: 'session.start', session: { id: sessionId, kind: notebookPath ? 'notebook' : 'script', notebookPath, startedAt: 1 } });
      return { sessionId, send, start };
    },
    /** @returns id of the run */
    async newRun(): Promise<string> {
      const id = newRunId();
      await server().client.tracking.runs.create({ id, experimentName: 'snapshots' });
      return id;
    },
    /** Its parts and a snapshot that names them. @returns id of the snapshot */
    async putNotebook({ document, parts }: TestNotebook, more: Partial<SnapshotInput> = {}): Promise<string> {
      await design().parts.put({ parts });
      const given = snapshotOf({ document, ...more });
      await design().snapshots.put(given);
      return given.id;
    },
  };
}
