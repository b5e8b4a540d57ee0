/**
 * Markdown that people wrote, as HTML: no HTML in it is ever taken as HTML, links go only to http, https and mail and open beside, and
 * pictures from elsewhere become links, so that reading a note tells nobody that it was read. Pictures of runs' own artifacts are shown:
 * `![what it is](artifact:<run id>/<path>)`.
 */
import { findMentions } from '@cellkeep/schema/collaboration';
import MarkdownIt from 'markdown-it';

export interface Mentionable {
  id: string;
  name: string;
}

export interface MarkdownEnv {
  /** Absent: artifacts are not shown, and their links lead nowhere. */
  artifactUrl?: (runId: string, path: string) => string;
  /** Whose names behind an "@" are marked. */
  people?: readonly Mentionable[];
}

const ARTIFACT = /^artifact:([0-9a-f]{32})\/(.+)$/;

export const markdown = new MarkdownIt({ html: false, linkify: true, breaks: true });
markdown.validateLink = (url) => /^(https?:|mailto:|#)/i.test(url.trim()) || artifactOf(url) !== null;

type Token = Parameters<typeof markdown.renderer.render>[0][number];
const { escapeHtml } = markdown.utils;
const BESIDE = 'target="_blank" rel="noopener noreferrer nofollow"';

/** Run and path of an artifact's address; null where it is none, or would climb out of the run. */
function artifactOf(url: string): { runId: string; path: string } | null {
  const [, runId, escaped] = ARTIFACT.exec(url.trim()) ?? [];
  if (!runId || !escaped) return null;
  try {
    const path = decodeURIComponent(escaped);
    const isPlain = path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
    return isPlain && !path.includes('\\') ? { runId, path } : null;
  } catch {
    return null; // a "%" that escapes nothing
  }
}

/** Address for the page; null: it leads nowhere here. */
function addressOf(url: string, { artifactUrl }: MarkdownEnv): string | null {
  const artifact = artifactOf(url);
  if (!artifact) return url;
  return artifactUrl ? artifactUrl(artifact.runId, artifact.path) : null;
}

const { rules } = markdown.renderer;
rules.link_open = (tokens, index, options, env, self) => {
  const token = tokens[index];
  const address = addressOf(String(token?.attrGet('href') ?? ''), env as MarkdownEnv);
  token?.attrSet('href', address ?? '#');
  token?.attrSet('target', '_blank');
  token?.attrSet('rel', 'noopener noreferrer nofollow');
  return self.renderToken(tokens, index, options);
};
rules.image = (tokens, index, _options, env) => {
  const token = tokens[index];
  const source = String(token?.attrGet('src') ?? '');
  const words = escapeHtml(token?.content || 'image');
  const address = addressOf(source, env as MarkdownEnv);
  if (address === null) return words;
  if (!artifactOf(source)) return `<a href="${escapeHtml(address)}" ${BESIDE}>${words}</a>`;
  const title = String(token?.attrGet('title') ?? '');
  return `<img src="${escapeHtml(address)}" alt="${words}"${title ? ` title="${escapeHtml(title)}"` : ''} loading="lazy" decoding="async">`;
};
rules.mention = (tokens, index) => `<b class="ck-mention">${escapeHtml(tokens[index]?.content ?? '')}</b>`;

// Names may hold anything, so they are looked for in the text that is left, not parsed with it.
markdown.core.ruler.push('mentions', (state) => {
  const { people = [] } = state.env as MarkdownEnv;
  if (people.length === 0) return;
  for (const block of state.tokens) {
    if (block.type !== 'inline' || !block.content.includes('@')) continue;
    block.children = (block.children ?? []).flatMap((child): Token[] => {
      if (child.type !== 'text') return [child];
      const parts: Token[] = [];
      const add = (type: string, content: string) => {
        if (content) parts.push(Object.assign(new state.Token(type, '', 0), { content, level: child.level }));
      };
      let end = 0;
      for (const { from, to } of findMentions(child.content, people)) {
        add('text', child.content.slice(end, from));
        add('mention', child.content.slice(from, to));
        end = to;
      }
      add('text', child.content.slice(end));
      return parts;
    });
  }
});

export const renderMarkdown = (source: string, env: MarkdownEnv = {}): string => markdown.render(source, { ...env });
