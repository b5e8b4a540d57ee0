/**
 * HTML that a notebook stored, as React elements.
 *
 * A browser's own parser reads it into a document that runs nothing and loads nothing; of that tree only named elements and attributes are
 * made anew. Nothing is written back to text and parsed again, so there is no second reading that could differ from the first (the way
 * round most sanitisers), and no class, id, style or handler of it reaches the page: it can neither dress up as one of our buttons nor
 * cover anything. That is why this stands here in place of a library, which would hand back a string for innerHTML.
 * What looks poor without its styles can be shown in a frame that may do nothing (SandboxedHtml.tsx).
 */
import { createElement, Fragment, type ReactNode } from 'react';

export interface SafeHtml {
  content: ReactNode;
  /** Nothing that can be seen is left. */
  isEmpty: boolean;
  /** It held JavaScript, which was left out. */
  hasScript: boolean;
  /** It held styles or drawings that the page does not take over. */
  hasStyle: boolean;
  /** Pictures, frames or forms were left out. */
  hasForeign: boolean;
  isCut: boolean;
}

const TAGS = new Set(
  `a abbr b blockquote br caption center code col colgroup dd del details div dl dt em figcaption figure hr i img ins kbd li mark ol p pre q s
   samp small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var`.split(/\s+/),
);
/** Headings of an output are no headings of the page. */
const RENAMED: Record<string, string> = { center: 'div', strike: 's', tt: 'code', h1: 'p', h2: 'p', h3: 'p', h4: 'p', h5: 'p', h6: 'p' };
/** Left out with all that is in them; of every other unknown element the content is kept. */
const DROPPED = new Set(
  `script style template noscript noembed noframes iframe frame frameset object embed applet portal audio video canvas map math head title
   meta link base input button select textarea option datalist dialog slot`.split(/\s+/),
);
const FOREIGN = new Set('iframe frame frameset object embed applet audio video canvas input button select textarea form dialog'.split(' '));
const VOID = new Set(['br', 'hr', 'img', 'col']);
/** What React says a table's parts may hold; text between rows is white space of the source. */
const NO_TEXT = new Set(['table', 'thead', 'tbody', 'tfoot', 'tr', 'colgroup']);

const MOST_NODES = 20_000;
const DEEPEST = 100;
export const DATA_IMAGE = /^data:image\/(png|jpeg|jpg|gif|webp|svg\+xml)[;,]/i;

export function safeHtml(source: string): SafeHtml {
  const parsed = new DOMParser().parseFromString(source, 'text/html');
  const state = { left: MOST_NODES, isEmpty: true, hasScript: false, hasStyle: false, hasForeign: false };
  const content = childrenOf(parsed.body, 0, state);
  // A style sheet at the front is put into the head by the parser.
  if (parsed.head.querySelector('script')) state.hasScript = true;
  if (parsed.head.querySelector('style, link')) state.hasStyle = true;
  const { left, ...said } = state;
  return { content: createElement(Fragment, null, ...content), isCut: left <= 0, ...said };
}

type State = { left: number } & Pick<SafeHtml, 'isEmpty' | 'hasScript' | 'hasStyle' | 'hasForeign'>;

function childrenOf(parent: Node, depth: number, state: State): ReactNode[] {
  const children: ReactNode[] = [];
  for (const child of parent.childNodes) {
    if (state.left <= 0) break;
    state.left--;
    if (child.nodeType === Node.TEXT_NODE) {
      const text = child.nodeValue ?? '';
      if (text.trim()) state.isEmpty = false;
      if (!NO_TEXT.has(parent.nodeName.toLowerCase())) children.push(text);
    } else if (isElement(child)) children.push(elementOf(child, depth + 1, state));
  }
  return children;
}

/** Nodes of a parsed document are no instances of this window's classes. */
const isElement = (node: Node): node is Element => node.nodeType === Node.ELEMENT_NODE;

function elementOf(element: Element, depth: number, state: State): ReactNode {
  const tag = element.localName;
  const inert = element.getAttributeNames().some((name) => /^on/i.test(name));
  if (tag === 'script' || inert) state.hasScript = true;
  if (tag === 'style' || tag === 'link' || element.hasAttribute('style')) state.hasStyle = true;
  if (FOREIGN.has(tag)) state.hasForeign = true;
  if (tag === 'svg') return drawing(element, state);
  if (DROPPED.has(tag) || depth > DEEPEST) return null;
  const name = RENAMED[tag] ?? tag;
  const isKept = TAGS.has(tag) || Object.hasOwn(RENAMED, tag);
  if (tag === 'img') return picture(element, state);
  if (VOID.has(name)) return createElement(name, attributesOf(element, name));
  const children = childrenOf(element, depth, state);
  if (!isKept) return createElement(Fragment, null, ...children);
  const attributes = attributesOf(element, name);
  if (name === 'a' && !('href' in attributes)) return createElement('span', null, ...children);
  if (name !== tag && tag.startsWith('h')) attributes['data-heading'] = tag.slice(1);
  return createElement(name, attributes, ...children);
}

function attributesOf(element: Element, name: string): Record<string, string | number> {
  const kept: Record<string, string | number> = {};
  const number = (attribute: string, as: string, most: number) => {
    const value = Number.parseInt(element.getAttribute(attribute) ?? '', 10);
    if (value >= 1) kept[as] = Math.min(value, most);
  };
  if (name === 'td' || name === 'th') {
    number('colspan', 'colSpan', 1_000);
    number('rowspan', 'rowSpan', 10_000);
    const align = /text-align\s*:\s*(left|right|center)/i.exec(element.getAttribute('style') ?? '')?.[1] ?? element.getAttribute('align');
    if (align && /^(left|right|center)$/i.test(align)) kept['data-align'] = align.toLowerCase();
  }
  const scope = name === 'th' && element.getAttribute('scope');
  if (scope && /^(row|col|rowgroup|colgroup)$/.test(scope)) kept.scope = scope;
  if (name === 'ol') number('start', 'start', 1_000_000);
  const title = element.getAttribute('title');
  if (title) kept.title = title;
  const href = name === 'a' && element.getAttribute('href')?.trim();
  if (href && /^(https?:|mailto:)/i.test(href)) Object.assign(kept, { href, target: '_blank', rel: 'noopener noreferrer nofollow' });
  return kept;
}

/** Pictures that travel with the output are shown; one from elsewhere would tell its server that somebody looked. */
function picture(element: Element, state: State): ReactNode {
  const src = element.getAttribute('src')?.trim() ?? '';
  const alt = element.getAttribute('alt') ?? '';
  if (!DATA_IMAGE.test(src)) {
    state.hasForeign = true;
    return alt || null;
  }
  state.isEmpty = false;
  return createElement('img', { src, alt });
}

/** An inline drawing as a picture: there it runs no script, loads nothing and cannot reach the page around it. */
function drawing(element: Element, state: State): ReactNode {
  if (element.querySelector('script')) state.hasScript = true;
  state.isEmpty = false;
  const copy = element.cloneNode(true) as Element;
  const words = element.querySelector('title')?.textContent ?? '';
  return createElement('img', { src: svgUrl(new XMLSerializer().serializeToString(copy)), alt: words });
}

/** Half a surrogate pair, which a string of JSON may hold, is no character: encodeURIComponent would throw on it. */
export const svgUrl = (source: string): string => `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source.toWellFormed())}`;

/** A document for a frame without rights: what would load, send or move something is taken out first, although the frame forbids it too. */
export function sandboxedDocument(source: string): string {
  const parsed = new DOMParser().parseFromString(source, 'text/html');
  const moving = 'script, link, meta, base, iframe, frame, object, embed, applet, form, portal, [http-equiv]';
  for (const element of parsed.querySelectorAll(moving)) element.remove();
  const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'";
  return (
    `<!doctype html><html><head><meta http-equiv="Content-Security-Policy" content="${policy}">` +
    '<meta http-equiv="x-dns-prefetch-control" content="off"><meta name="referrer" content="no-referrer">' +
    '<style>:root{color-scheme:light;background:#fff;color:#111;font:13px system-ui,sans-serif}</style>' +
    `${parsed.head.innerHTML}</head><body>${parsed.body.innerHTML}</body></html>`
  );
}
