/** Operations of promotions. */
import type { ChildWorker } from '../../core/childWorker.ts';
import { os } from '../implementer.ts';
import { type PromotionDriver, servePromotion } from './promotionDriver.ts';
import { promotionOf } from './promotionRows.ts';
import { cancelPromotion, getPromotion, isTakenOver, listPromotions, startPromotion, updatePromotion } from './promotions.ts';

/** Promoting, as main.ts builds it. */
export interface Promoting {
  worker: Pick<ChildWorker, 'off' | 'wake'>;
  driver: Pick<PromotionDriver, 'drive'>;
}

export function promotionHandlers({ worker, driver }: Promoting) {
  return {
    promotions: {
      start: os.promotions.start.handler(async ({ context, input }) => {
        const row = await startPromotion(context, worker.off, input);
        if (row.status === 'queued') worker.wake();
        else if (isTakenOver(row)) driver.drive(row.id);
        return promotionOf(row);
      }),
      get: os.promotions.get.handler(({ context, input: { id } }) => getPromotion(context, id)),
      list: os.promotions.list.handler(({ context, input }) => listPromotions(context, input)),
      update: os.promotions.update.handler(({ context, input }) => updatePromotion(context, input)),
      serve: os.promotions.serve.handler(({ context, input: { id } }) => servePromotion(context, driver, id)),
      cancel: os.promotions.cancel.handler(async ({ context, input: { id } }) => {
        const promotion = await cancelPromotion(context, id);
        worker.wake(); // its process is ended now, not at the next look
        return promotion;
      }),
    },
  };
}
