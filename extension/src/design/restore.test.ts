import { YNotebook } from '@jupyter/ydoc';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import { describe, expect, test } from 'vitest';
import { type KeptCell, placeCells, restoreCells } from './restoreCells';
import { notebookOfRun, restoredName, saveAsNew } from './restoreNotebook';

const cell = (id: string, source = id): KeptCell => ({ id, cell_type: 'code', source, metadata: {}, outputs: [], execution_count: 1 });
const placed = (now: string, kept: string, chosen: string | null) =>
  placeCells(
    [...now],
    [...kept].map((id) => cell(id)),
    chosen === null ? null : new Set(chosen),
  ).map(({ cell: { id }, at, replaces }) => `${id}${replaces ? '=' : '+'}${at}`);

describe('cells of a kept notebook go', () => {
  const rows: [string, string, string, string | null, string[]][] = [
    ['where they still are', 'abc', 'abc', 'b', ['b=1']],
    ['behind the one they followed', 'ac', 'abc', 'b', ['b+1']],
    ['behind the nearest one that is there', 'ad', 'abcd', 'bc', ['b+1', 'c+1']],
    ['to the top where none before them is there', 'cd', 'abcd', 'a', ['a+0']],
    ['each to its own place, though all were moved', 'cba', 'abc', null, ['a=2', 'b=1', 'c=0']],
    ['nowhere where none was chosen', 'abc', 'abc', '', []],
    ['into an empty notebook', '', 'ab', null, ['a+0', 'b+0']],
  ];
  test.each(rows)('%s', (_, now, kept, chosen, expected) => {
    expect(placed(now, kept, chosen)).toEqual(expected);
  });
});

/** What `restoreCells` touches of a panel, around a real shared notebook. */
function panelOf(ids: string): { panel: NotebookPanel; shared: YNotebook; sources: () => string[] } {
  const shared = YNotebook.create({ disableDocumentWideUndoRedo: true });
  shared.insertCells(
    0,
    [...ids].map((id) => ({ ...cell(id, `${id} now`) })),
  );
  shared.deleteCellRange(ids.length, shared.cells.length);
  shared.undoManager.clear();
  const content = { model: { sharedModel: shared, readOnly: false }, deselectAll: () => undefined, node: { focus: () => undefined } };
  return { panel: { content } as unknown as NotebookPanel, shared, sources: () => shared.cells.map((one) => one.getSource()) };
}

describe('restored cells', () => {
  test('replace and come back in their order, and one undo takes all of them out again', () => {
    const { panel, shared, sources } = panelOf('ae');
    const kept = ['a', 'b', 'c', 'd', 'e'].map((id) => cell(id));
    const { count, undo } = restoreCells(panel, kept, { chosen: null, withOutputs: true });
    expect(count).toBe(5);
    expect(sources()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(shared.cells.map((one) => one.getId())).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(undo()).toBe(true);
    expect(sources()).toEqual(['a now', 'e now']);
    expect(undo()).toBe(false);
    shared.redo();
    expect(sources()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('bring their outputs and count, or neither', () => {
    for (const withOutputs of [true, false]) {
      const { panel, shared } = panelOf('a');
      const shown = { ...cell('a'), outputs: [{ output_type: 'stream', name: 'stdout', text: 'hello' }], execution_count: 4 } as KeptCell;
      restoreCells(panel, [shown], { chosen: null, withOutputs });
      const expected = withOutputs ? { execution_count: 4, outputs: shown.outputs } : { execution_count: null, outputs: [] };
      expect(shared.cells[0]?.toJSON()).toMatchObject(expected);
    }
  });

  test('are trusted no more than before the person runs them', () => {
    const { panel, shared } = panelOf('a');
    const metadata = { trusted: true, signature: 'sha256:00', tags: ['kept'] };
    const kept = ['a', 'b'].map((id) => ({ ...cell(id), metadata }));
    restoreCells(panel, [...kept, { id: 'c', cell_type: 'markdown', source: '', metadata }], { chosen: null, withOutputs: true });
    expect(shared.cells.map((one) => one.toJSON().metadata)).toEqual([{ tags: ['kept'] }, { tags: ['kept'] }, { tags: ['kept'] }]);
  });

  test('that are none change nothing', () => {
    const { panel, shared, sources } = panelOf('ab');
    restoreCells(panel, [cell('a')], { chosen: new Set(['z']), withOutputs: true });
    expect(sources()).toEqual(['a now', 'b now']);
    expect(shared.canUndo()).toBe(false);
  });
});

describe('a restored notebook', () => {
  test('is named for what it was and when', () => {
    const at = new Date(2026, 10, 14, 9, 5).getTime();
    expect(restoredName('a/b/flights.ipynb', at, 'en-GB')).toBe('flights (14 Nov 09.05)');
    expect(restoredName(null, at, 'en-GB')).toBe('notebook (14 Nov 09.05)');
    expect(restoredName('a/wh<a>t?.ipynb', at, 'en-GB')).toBe('wh-a-t- (14 Nov 09.05)');
  });

  test('is written untrusted, so that Jupyter does not sign it', async () => {
    const saved: unknown[] = [];
    const contents = {
      newUntitled: async () => ({ path: 'Untitled.ipynb' }),
      save: async (_path: string, { content }: { content: unknown }) => saved.push(content),
      rename: async (_from: string, path: string) => ({ path }),
    } as unknown as Contents.IManager;
    const metadata = { trusted: true, signature: 'sha256:00', title: 'kept' };
    const notebook = {
      nbformat: 4,
      nbformat_minor: 5,
      metadata,
      cells: [
        { ...cell('a'), metadata },
        { ...cell('b'), metadata: null },
      ],
    };
    expect(await saveAsNew(contents, 'work', 'a', notebook)).toBe('work/a.ipynb');
    expect(saved).toEqual([
      {
        ...notebook,
        metadata: { title: 'kept' },
        cells: [
          { ...cell('a'), metadata: { title: 'kept' } },
          { ...cell('b'), metadata: {} },
        ],
      },
    ]);
  });

  test('of a run is the one of its end, else of its start, and has a document', () => {
    const taken = (reason: 'start' | 'end' | 'manual', takenAt: number, hasDocument = true) => ({ reason, takenAt, hasDocument });
    expect(notebookOfRun([taken('manual', 9), taken('start', 1), taken('end', 5)])?.reason).toBe('end');
    expect(notebookOfRun([taken('manual', 9), taken('start', 1), taken('end', 5, false)])?.reason).toBe('start');
    expect(notebookOfRun([taken('end', 5, false)])).toBeNull();
  });
});
