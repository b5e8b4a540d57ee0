/** The ids of the room's commands; their arguments are described where they are added (commands.ts). */
export const DesignCommandIds = {
  takeSnapshot: 'cellkeep:design-take-snapshot',
  takeLabelled: 'cellkeep:design-take-labelled-snapshot',
  showHistory: 'cellkeep:design-show-history',
  check: 'cellkeep:design-check',
  compareWithLast: 'cellkeep:design-compare-with-last',
  openSnapshot: 'cellkeep:design-open-snapshot',
  openNotebookOfRun: 'cellkeep:design-open-notebook-of-run',
  slice: 'cellkeep:design-slice-to-notebook',
  restoreCells: 'cellkeep:design-restore-cells',
} as const;
