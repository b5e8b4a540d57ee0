/** Starts a promotion where it can be done: in the kernel that holds the model, or by the server for what is stored. */
import type { PromotionOptionsInput, PromotionSource } from '@cellkeep/schema/deployment';
import { useQueryClient } from '@tanstack/react-query';
import { newId } from '../../design/newId.ts';
import { useHost, useTranslate } from '../../host.ts';
import { useDeploymentClient } from '../queries.ts';
import { putPromotion } from '../watch.ts';

export interface PromotionAsk {
  source: PromotionSource;
  modelName: string;
  endpoint: string | null;
  options: PromotionOptionsInput;
  /** Whose code may run on the server. */
  trustUser?: string;
}

/** @returns the id of the promotion, by which its steps are followed; rejects where it could not be begun */
export function usePromote(): (ask: PromotionAsk) => Promise<string> {
  const { promotions } = useDeploymentClient();
  const cache = useQueryClient();
  const host = useHost();
  const t = useTranslate();
  return async ({ source, modelName, endpoint, options, trustUser }) => {
    const id = newId();
    if (source.kind === 'cell') {
      if (!host.promote) throw new Error(t('Only the kernel that holds the model can promote it: open its notebook in JupyterLab.'));
      await host.promote({ id, variable: source.variable, name: modelName, endpoint, options });
      return id;
    }
    const promotion = await promotions.start({ id, source, modelName, endpoint, options, where: 'server', trustUser });
    putPromotion(cache, promotion);
    return promotion.id;
  };
}
