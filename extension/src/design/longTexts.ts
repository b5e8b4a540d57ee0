/**
 * Long texts on their way to the worker. A message is copied while it is sent, 100 MB of it for a tenth of a second and more; so a long text
 * goes ahead in pieces, between which the page has its turn, and the value that holds it follows without it.
 */
export const PIECE = 512 * 1024; // characters

/** Where in a value a text belongs. */
export interface Lifted {
  path: readonly string[];
  text: string;
}

/** @returns the value without its long texts, and those; the value itself is not changed */
export function liftLongTexts(value: Record<string, unknown>): { value: Record<string, unknown>; lifted: Lifted[] } {
  const lifted: Lifted[] = [];
  const without = (object: Record<string, unknown>, path: readonly string[]): Record<string, unknown> => {
    const kept: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(object)) {
      if (typeof inner === 'string' && inner.length > PIECE) lifted.push({ path: [...path, key], text: inner });
      // Sources, streams and attachments stand at the top or within the bundles of MIME types; deeper there is data, which stays whole.
      else if (path.length < 2 && isObject(inner)) kept[key] = without(inner, [...path, key]);
      else kept[key] = inner;
    }
    return kept;
  };
  return { value: without(value, []), lifted };
}

export function putText(value: Record<string, unknown>, path: readonly string[], text: string): void {
  const [last = '', ...above] = [...path].reverse();
  let place = value;
  for (const key of above.reverse()) place = place[key] as Record<string, unknown>;
  place[last] = text;
}

export function piecesOf(text: string): string[] {
  return Array.from({ length: Math.ceil(text.length / PIECE) }, (_, index) => text.slice(index * PIECE, (index + 1) * PIECE));
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
