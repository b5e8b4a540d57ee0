import type { NotebookLink } from '../notebook/notebookLink';
import type { SnapshotRequest } from '../notebook/protocol';
import { DocumentParts } from './documentParts';
import type { PartMaker } from './partMaker';
import type { Outcome, SnapshotQueue } from './snapshotQueue';

const KERNEL_ANSWERS = 5_000; // ms; then the document is taken without the kernel's half

/** Takes the document's half of the snapshots of one notebook: when its kernel asks for it, and when the person does. */
export class NotebookSnapshots {
  constructor(link: NotebookLink, maker: PartMaker, queue: SnapshotQueue) {
    this.link = link;
    this.queue = queue;
    this.parts = new DocumentParts(maker, link.revisions);
    link.kernel.snapshotAsked.connect((_, request) => void this.answer(request));
  }

  /**
   * A snapshot because the person wants one. Where a bridge listens, the kernel takes its half and asks for this one; without a kernel, or
   * with one of another language, it is the document alone.
   */
  takeNow(label: string): Promise<Outcome> {
    // A second press while the first one is answered means the same snapshot.
    this.asking ??= this.askKernel(label).finally(() => {
      this.asking = null;
    });
    return this.asking;
  }

  private async askKernel(label: string): Promise<Outcome> {
    const { kernel } = this.link;
    if (!kernel.hearsNow || !kernel.send({ type: 'snapshot.take', label })) return this.takeAlone(label);
    const asked = await new Promise<Promise<Outcome> | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), KERNEL_ANSWERS);
      this.expected = (outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      };
    });
    this.expected = null;
    return asked ?? this.takeAlone(label);
  }

  private takeAlone(label: string): Promise<Outcome> {
    return this.take({ id: newId(), reason: 'manual', runIds: [], takenAt: Date.now() }, label);
  }

  private async answer(request: SnapshotRequest): Promise<void> {
    const outcome = this.take(request, '');
    if (request.reason === 'manual') this.expected?.(outcome);
    const { ok, ...said } = await outcome;
    this.link.kernel.send({ type: 'snapshot.done', id: request.id, ok, ...('message' in said ? { message: said.message } : {}) });
  }

  private take(request: SnapshotRequest, label: string): Promise<Outcome> {
    // One after the other: what is made of a cell for the first one is not made again for the second.
    const outcome = this.last.then(
      () => this.takeOnce(request, label),
      () => this.takeOnce(request, label),
    );
    this.last = outcome;
    return outcome;
  }

  private async takeOnce(request: SnapshotRequest, label: string, isSecond = false): Promise<Outcome> {
    const { panel, path } = this.link;
    await panel.context.ready; // before, it is not what lies on disk but an empty one
    const model = panel.content.model;
    if (!model || panel.isDisposed) return { ok: false, reason: 'gone', message: 'the notebook was closed' };
    try {
      const { document, digests } = await this.parts.take(model);
      const outcome = await this.queue.store({ input: { ...request, label, notebookPath: path, kernel: null, document }, digests });
      // The server has lost parts that it had, or another one answers now: everything is made again.
      if (outcome.ok || outcome.reason !== 'gone' || isSecond) return outcome;
    } catch (error) {
      if (isSecond) return { ok: false, reason: 'gone', message: error instanceof Error ? error.message : String(error) };
    }
    this.parts.forget();
    return this.takeOnce(request, label, true);
  }

  private readonly link: NotebookLink;
  private readonly queue: SnapshotQueue;
  private readonly parts: DocumentParts;
  private last: Promise<unknown> = Promise.resolve();
  private asking: Promise<Outcome> | null = null;
  private expected: ((outcome: Promise<Outcome>) => void) | null = null;
}

/** A random UUID, also in a page that came over plain http and therefore has no `crypto.randomUUID`. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
