/** The ids of the room's commands; their arguments are described where they are added (commands.ts). */
export const CommandIds = {
  openSidebar: 'cellkeep:tracking-open-sidebar',
  openView: 'cellkeep:tracking-open-view',
  openExperiments: 'cellkeep:tracking-open-experiments',
  openModels: 'cellkeep:tracking-open-models',
  startRun: 'cellkeep:tracking-start-run',
  stopRun: 'cellkeep:tracking-stop-run',
  renameRun: 'cellkeep:tracking-rename-run',
  tagRun: 'cellkeep:tracking-tag-run',
  deleteRun: 'cellkeep:tracking-delete-run',
  compare: 'cellkeep:tracking-compare-selected',
  compareCellRuns: 'cellkeep:tracking-compare-cell-runs',
  openCellRun: 'cellkeep:tracking-open-cell-run',
  openServerUi: 'cellkeep:tracking-open-server-ui',
  insertExample: 'cellkeep:tracking-insert-example',
  showKeys: 'cellkeep:tracking-show-keys',
} as const;
