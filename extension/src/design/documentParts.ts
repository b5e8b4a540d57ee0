import type { CellEntry, NotebookDocument } from '@cellkeep/schema/design';
import { limits } from '@cellkeep/schema/wire';
import type { ISharedAttachmentsCell, ISharedCell } from '@jupyter/ydoc';
import type { ICellModel, ICodeCellModel } from '@jupyterlab/cells';
import type { INotebookModel } from '@jupyterlab/notebook';
import type { IOutputModel } from '@jupyterlab/rendermime';
import type { CellRevisions } from '../notebook/cellRevisions';
import { Making, type Promised, read } from './making';
import type { PartMaker } from './partMaker';
import { CellIds, Warnings } from './repairs';
import { Slices } from './slices';

const METADATA = 256 * 1024; // characters of JSON

export interface TakenDocument {
  document: NotebookDocument;
  /** Digests of all its parts. */
  digests: string[];
}

/**
 * Takes a notebook as it stands in the editor apart into parts. What was made of a cell or an output is remembered with it, so that the
 * next time only what has changed is read, and nothing of that is serialised here: the worker does it.
 */
export class DocumentParts {
  constructor(maker: PartMaker, revisions: CellRevisions) {
    this.maker = maker;
    this.revisions = revisions;
  }

  /** One at a time. */
  async take(model: INotebookModel): Promise<TakenDocument> {
    try {
      return await this.takeApart(model);
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  private async takeApart(model: INotebookModel): Promise<TakenDocument> {
    const slices = new Slices();
    const startedAt = performance.now();
    const making = new Making(this.maker, slices);
    const warnings = new Warnings();
    const ids = new CellIds(warnings);
    const cells: { entry: Omit<CellEntry, 'cell' | 'outputs'>; cell: Promised; outputs: Promised[] }[] = [];
    for (const cell of [...model.cells].slice(0, limits.cells)) {
      if (cell.isDisposed) continue; // it was deleted while this page had its turn
      const shown = outputsOf(cell);
      if (shown.length > limits.outputsOfCell)
        warnings.add(`cell ${cell.id}: only ${limits.outputsOfCell} of its ${shown.length} outputs were kept`);
      cells.push({
        entry: { id: ids.take(cell.id), type: typeOf(cell), executionCount: (cell as Partial<ICodeCellModel>).executionCount ?? null },
        cell: await this.cellPart(cell.sharedModel, making),
        outputs: await this.outputParts(shown.slice(0, limits.outputsOfCell), making),
      });
      await slices.breathe();
    }
    if (model.cells.length > limits.cells) warnings.add(`only the first ${limits.cells} of ${model.cells.length} cells were kept`);
    await slices.wait(making.done());
    const entries = cells.map(({ entry, cell, outputs }) => ({ ...entry, cell: read(cell), outputs: outputs.map(read) }));
    const metadata = smallMetadata(model.sharedModel.getMetadata() ?? {}, warnings);
    const document: NotebookDocument = {
      takenFrom: 'editor',
      nbformat: [model.nbformat, model.nbformatMinor],
      metadata,
      cells: entries,
      warnings: warnings.all,
    };
    const detail = { mainThread: slices.spent, longest: Math.max(slices.longest, 0), cells: entries.length, made: making.count };
    performance.measure('cellkeep:snapshot', { start: startedAt, detail });
    return { document, digests: entries.flatMap(({ cell, outputs }) => [cell, ...outputs]) };
  }

  /** All parts are made again the next time: what was remembered is no longer held, nor on the server. */
  forget(): void {
    this.cells = new WeakMap();
    this.outputs = new WeakMap();
  }

  private async cellPart(cell: ISharedCell, making: Making): Promise<Promised> {
    const revision = this.revisions.of(cell);
    const known = this.cells.get(cell);
    if (known?.revision === revision) return known.part;
    const part = await making.add({ kind: 'cell', value: readCell(cell) });
    this.cells.set(cell, { revision, part });
    return part;
  }

  private async outputParts(outputs: IOutputModel[], making: Making): Promise<Promised[]> {
    const parts: Promised[] = [];
    for (const output of outputs) {
      // Reading an output copies nothing large; what it shows is the same object until something else is shown in its place.
      const value = output.toJSON() as Record<string, unknown>;
      const shown = value.data ?? value.text ?? value.traceback;
      const known = this.outputs.get(output);
      const isKnown = known && known.metadata === value.metadata && (known.shown === shown || value.output_type === 'error');
      const part = isKnown ? known.part : await making.add({ kind: 'output', value });
      if (!isKnown) this.outputs.set(output, { shown, metadata: value.metadata, part });
      parts.push(part);
    }
    return parts;
  }

  private readonly maker: PartMaker;
  private readonly revisions: CellRevisions;
  private cells = new WeakMap<ISharedCell, { revision: number; part: Promised }>();
  private outputs = new WeakMap<IOutputModel, { shown: unknown; metadata: unknown; part: Promised }>();
}

function readCell(cell: ISharedCell): Record<string, unknown> {
  const attachments = (cell as Partial<ISharedAttachmentsCell>).getAttachments?.();
  return { cell_type: cell.cell_type, source: cell.getSource(), metadata: cell.getMetadata(), attachments };
}

function outputsOf(cell: ICellModel): IOutputModel[] {
  const outputs = (cell as Partial<ICodeCellModel>).outputs;
  return outputs ? Array.from({ length: outputs.length }, (_, index) => outputs.get(index)) : [];
}

const typeOf = ({ type }: ICellModel): CellEntry['type'] => (type === 'markdown' || type === 'raw' ? type : 'code');

/** The state of widgets may stand in the notebook's metadata with all that they show; it would be kept anew with every snapshot. */
function smallMetadata(metadata: Record<string, unknown>, warnings: Warnings): Record<string, unknown> {
  const size = JSON.stringify(metadata).length;
  if (size <= METADATA) return metadata;
  warnings.add(`${Math.round(size / 1000)} kB of the notebook's metadata are more than a snapshot keeps: only kernel and language were`);
  const { kernelspec, language_info } = metadata;
  return { kernelspec, language_info };
}
