import { objectOf } from './canonical';

/**
 * Metadata of a kept cell or notebook without what says that this person trusts it. A snapshot may have been put by anybody, and
 * JupyterLab runs the JavaScript in outputs of a cell that says `trusted`; Jupyter even signs a file in which all cells say so. Outputs
 * that were put back are trusted when the cell is run again, or when the person trusts the notebook.
 */
export function untrustedMetadata(metadata: unknown): Record<string, unknown> {
  const { trusted: _, signature: __, ...kept } = objectOf(metadata);
  return kept;
}

/** The same of a whole notebook file. What is no notebook stays as it is: Jupyter refuses it with its reason. */
export function untrustedNotebook(notebook: unknown): unknown {
  const { cells, metadata, ...rest } = objectOf(notebook);
  if (!Array.isArray(cells)) return notebook;
  return {
    ...rest,
    metadata: untrustedMetadata(metadata),
    cells: cells.map((cell: unknown) => ({ ...objectOf(cell), metadata: untrustedMetadata(objectOf(cell).metadata) })),
  };
}
