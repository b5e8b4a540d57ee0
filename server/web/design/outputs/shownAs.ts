/** Which of the forms that an output has is shown: the richest that is safe. Others are named. */
export type Shown =
  | { as: 'image'; mime: string }
  | { as: 'html'; mime: string }
  | { as: 'markdown'; mime: string }
  | { as: 'source'; mime: string; why: 'script' | 'drawn' | 'latex' | 'data' }
  | { as: 'text'; mime: string }
  | { as: 'widget'; mime: string }
  | { as: 'nothing'; mime: string };

const WIDGET = /^application\/vnd\.jupyter\.widget-(view|state)\+json$/;
const SCRIPT = /^(application|text)\/(javascript|ecmascript|x-javascript)$/;
/** Pictures that a program in the page would draw: its description is shown where the kernel left no picture of it. */
const DRAWN = /^application\/(vnd\.(vega|vegalite|plotly|bokehjs|holoviews|geo)[\w.+-]*|geo\+json|vdom[\w.+-]*)/;
export const IMAGE = /^image\/(png|jpeg|jpg|gif|webp|svg\+xml)$/;

export function shownAs(mimes: readonly string[]): Shown {
  const find = (test: (mime: string) => boolean) => mimes.find((mime) => test(mime.toLowerCase()));
  const widget = find((mime) => WIDGET.test(mime));
  if (widget) return { as: 'widget', mime: widget };
  const image = ['image/png', 'image/jpeg', 'image/jpg', 'image/gif', 'image/webp', 'image/svg+xml'].find((mime) => mimes.includes(mime));
  const drawn = find((mime) => DRAWN.test(mime));
  if (drawn) return image ? { as: 'image', mime: image } : { as: 'source', mime: drawn, why: 'drawn' };
  if (mimes.includes('text/html')) return { as: 'html', mime: 'text/html' };
  if (mimes.includes('text/markdown')) return { as: 'markdown', mime: 'text/markdown' };
  if (image) return { as: 'image', mime: image };
  if (mimes.includes('text/latex')) return { as: 'source', mime: 'text/latex', why: 'latex' };
  const script = find((mime) => SCRIPT.test(mime));
  if (script) return { as: 'source', mime: script, why: 'script' };
  const json = find((mime) => /[/+]json$/.test(mime));
  if (json) return { as: 'source', mime: json, why: 'data' };
  const text = mimes.includes('text/plain') ? 'text/plain' : find((mime) => mime.startsWith('text/'));
  if (text) return { as: 'text', mime: text };
  return { as: 'nothing', mime: mimes[0] ?? '' };
}
