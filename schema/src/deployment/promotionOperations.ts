import { z } from 'zod';
import { limits, nextCursor, pageInput, uuid } from '../wire/index.ts';
import { promotion, promotionStart, promotionUpdate } from './promotion.ts';
import { route } from './route.ts';

export const promotionOperations = {
  promotions: {
    start: route('POST', '/promotions', 'Promote a model to an endpoint, on the server or by the caller', 201)
      .input(promotionStart)
      .output(promotion),
    get: route('GET', '/promotions/{id}', 'One promotion, with its steps')
      .input(z.object({ id: uuid }))
      .output(promotion),
    list: route('GET', '/promotions', 'Promotions, newest first')
      .input(
        z.object({ ...pageInput, notebookPath: z.string().max(limits.artifactPath).optional(), endpoint: z.string().max(63).optional() }),
      )
      .output(z.object({ promotions: z.array(promotion), nextCursor })),
    update: route('PATCH', '/promotions/{id}', 'Progress and result, from the process that promotes')
      .input(promotionUpdate)
      .output(promotion),
    serve: route(
      'POST',
      '/promotions/{id}/serve',
      'The last step: releases the registered version. Answers at once; watch or get it until it has ended',
    )
      .input(z.object({ id: uuid }))
      .output(promotion),
    cancel: route('POST', '/promotions/{id}/cancel', 'Stop a promotion')
      .input(z.object({ id: uuid }))
      .output(promotion),
  },
};
