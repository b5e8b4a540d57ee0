/** The ids of the room's commands; their arguments are described where they are added (commands.ts). */
export const DeploymentCommandIds = {
  openSidebar: 'cellkeep:deployment-open-sidebar',
  promote: 'cellkeep:deployment-promote',
  openEndpoints: 'cellkeep:deployment-open-endpoints',
  findPrediction: 'cellkeep:deployment-find-prediction',
} as const;
