import { useRoomAttempt } from '../look/useRoomAttempt.ts';
import { deploymentKeys } from './queries.ts';

export const useAttempt = () => useRoomAttempt(deploymentKeys.all);
