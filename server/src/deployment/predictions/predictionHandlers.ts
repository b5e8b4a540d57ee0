/** Operations of predictions. */
import { os } from '../implementer.ts';
import type { WithScorer } from '../scorer/scorer.ts';
import { giveFeedback } from './feedback.ts';
import { listPredictions } from './listPredictions.ts';
import { explainPrediction, getPrediction, replayPrediction } from './onePrediction.ts';

export function predictionHandlers(withScorer: WithScorer) {
  return {
    predictions: {
      list: os.predictions.list.handler(({ context, input }) => listPredictions(context, input)),
      get: os.predictions.get.handler(({ context, input: { id } }) => getPrediction(context, id)),
      explain: os.predictions.explain.handler(({ context, input }) => explainPrediction(context, withScorer, input)),
      replay: os.predictions.replay.handler(({ context, input: { id } }) => replayPrediction(context, withScorer, id)),
      feedback: os.predictions.feedback.handler(async ({ context, input }) => ({ stored: await giveFeedback(context, input) })),
    },
  };
}
