/** A report read: its texts, and its blocks with the line of each mistake in them. */
import { CHART_KINDS, contradiction, type ReportBlock, reportBlock } from '@cellkeep/schema/collaboration';
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import { markdown } from '../look/markdownHtml.ts';

/** Why a block is no chart, and on which line of it (from 1). */
export interface Problem {
  line: number;
  reason: string;
}

const LONGEST = 20_000; // characters of one block

export function parseBlock(text: string): { block: ReportBlock } | { problems: Problem[] } {
  if (text.length > LONGEST) return { problems: [{ line: 1, reason: `a block has at most ${LONGEST} characters` }] };
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: true, schema: 'core' });
  const lineAt = (offset: number) => Math.max(1, counter.linePos(offset).line);
  if (document.errors.length > 0) {
    return { problems: document.errors.slice(0, 3).map(({ message, pos }) => ({ line: lineAt(pos[0]), reason: message })) };
  }
  const root = document.contents;
  if (!isMap(root)) {
    return {
      problems: [{ line: 1, reason: `a block says which chart it is, like "chart: curves"; charts are ${CHART_KINDS.join(', ')}` }],
    };
  }
  const lineOf = (path: readonly PropertyKey[], ofKey?: string): number => {
    const pair = root.items.find(({ key }) => isScalar(key) && key.value === (ofKey ?? path[0]));
    if (!pair) return 1;
    const inner = ofKey || path.length < 2 ? pair.key : document.getIn(path, true);
    const node = isNode(inner) && inner.range ? inner : pair.key;
    return isNode(node) && node.range ? lineAt(node.range[0]) : 1;
  };
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 20 });
  } catch (error) {
    return { problems: [{ line: 1, reason: String((error as Error).message) }] }; // aliases of aliases, made to be large
  }
  const read = reportBlock.safeParse(value);
  if (!read.success) {
    return {
      problems: read.error.issues.slice(0, 5).flatMap((issue): Problem[] => {
        if (issue.code === 'unrecognized_keys') {
          return issue.keys.map((key) => ({ line: lineOf([], key), reason: `${JSON.stringify(key)} is none of this chart's words` }));
        }
        const name = issue.path.map(String).join('.');
        if (issue.path[0] === 'chart') return [{ line: lineOf(issue.path), reason: `chart is one of ${CHART_KINDS.join(', ')}` }];
        return [{ line: lineOf(issue.path), reason: name ? `${name}: ${issue.message}` : issue.message }];
      }),
    };
  }
  const wrong = contradiction(read.data);
  return wrong ? { problems: [{ line: lineOf(['runs']), reason: wrong }] } : { block: read.data };
}

/** A report in its parts: Markdown as HTML that is safe, and the texts of the blocks between. */
export type Part = { kind: 'text'; html: string } | { kind: 'chart'; text: string; line: number };

type Env = Parameters<typeof markdown.parse>[1];

export function partsOf(source: string, env: Env): Part[] {
  const tokens = markdown.parse(source, env);
  const parts: Part[] = [];
  let from = 0;
  const upTo = (to: number) => {
    if (to > from) parts.push({ kind: 'text', html: markdown.renderer.render(tokens.slice(from, to), markdown.options, env) });
  };
  tokens.forEach((token, at) => {
    if (token.type !== 'fence' || token.level !== 0 || token.info.trim().split(/\s+/)[0] !== 'cellkeep') return;
    upTo(at);
    from = at + 1;
    // Lines count from 1; the one of the fence itself is before the block's first.
    parts.push({ kind: 'chart', text: token.content, line: (token.map?.[0] ?? 0) + 1 });
  });
  upTo(tokens.length);
  return parts;
}
