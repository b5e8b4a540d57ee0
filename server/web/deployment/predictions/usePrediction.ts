import { useQuery } from '@tanstack/react-query';
import { isMissing } from '../../tracking/queries.ts';
import { deploymentKeys, useDeploymentClient } from '../queries.ts';

const FLUSHED_AFTER = 2_000; // ms; a host writes down what it answered about once a second

export function usePrediction(id: string) {
  const { predictions } = useDeploymentClient();
  return useQuery({
    queryKey: deploymentKeys.prediction(id),
    // Asked a moment after its answer it may not be written down yet.
    retry: (attempts, error) => attempts < 4 && isMissing(error),
    retryDelay: FLUSHED_AFTER / 2,
    queryFn: ({ signal }) => predictions.get({ id }, { signal }),
  });
}
