/**
 * Of a model that adds up what each feature gives (a linear one, with whatever each feature goes through before: scaled, one-hot, binned),
 * the Shapley value is what the feature gives here less what it gives on the average of the background:
 *
 *     phi_i = f(x) - mean over b of f(x with x_i := b_i)
 *
 * (Lundberg, Lee 2017, "A unified approach to interpreting model predictions", corollary 1, Linear SHAP, for f = w·x + c.) It is found by
 * asking, one feature at a time, so that no weights need to be known. That the sum closes is the proof that the model is additive: with
 * interactions it does not.
 */
import { isSame } from './players.ts';
import { askCoalitions, type Contributions, mean, type Question } from './sampled.ts';

export async function additive(question: Question): Promise<Contributions> {
  const { players, row, background } = question;
  const all = Uint8Array.from(players, () => 1);
  const none = new Uint8Array(players.length);
  const asked = await askCoalitions(question, 1 + background.count, (i) =>
    i === 0 ? { mask: all, background: 0 } : { mask: none, background: i - 1 },
  );
  const value = asked[0] as number;
  const base = mean(asked.subarray(1));
  // A value that several background rows share is asked once.
  const swaps = players.flatMap((player, place) => {
    const kinds: { place: number; background: number; times: number }[] = [];
    for (let b = 0; b < background.count; b++) {
      if (isSame(player, row, 0, background, b)) continue;
      const known = kinds.find((kind) => isSame(player, background, kind.background, background, b));
      if (known) known.times++;
      else kinds.push({ place, background: b, times: 1 });
    }
    return kinds;
  });
  const swapped = await askCoalitions(question, swaps.length, (i) => {
    const { place, background: from } = swaps[i] as (typeof swaps)[number];
    const mask = all.slice();
    mask[place] = 0;
    return { mask, background: from };
  });
  const contributions = new Float64Array(players.length);
  swaps.forEach(({ place, times }, i) => {
    contributions[place] = (contributions[place] as number) + ((value - (swapped[i] as number)) * times) / background.count;
  });
  return { base, value, contributions, errors: null, backgroundRows: background.count };
}
