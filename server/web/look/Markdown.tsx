/**
 * Markdown that people wrote: no HTML in it is ever taken as HTML, links go only to http, https and mail and open beside, and pictures
 * from elsewhere become links, so that reading a note tells nobody that it was read.
 */
import MarkdownIt from 'markdown-it';
import { type ReactElement, useMemo } from 'react';

const markdown = new MarkdownIt({ html: false, linkify: true, breaks: true });
markdown.validateLink = (url) => /^(https?:|mailto:|#)/i.test(url.trim());

const { rules } = markdown.renderer;
rules.link_open = (tokens, index, options, _env, self) => {
  tokens[index]?.attrSet('target', '_blank');
  tokens[index]?.attrSet('rel', 'noopener noreferrer nofollow');
  return self.renderToken(tokens, index, options);
};
rules.image = (tokens, index) => {
  const token = tokens[index];
  const { escapeHtml } = markdown.utils;
  return `<a href="${escapeHtml(String(token?.attrGet('src') ?? ''))}" target="_blank" rel="noopener noreferrer nofollow">${escapeHtml(token?.content || 'image')}</a>`;
};

export const renderMarkdown = (source: string): string => markdown.render(source);

export function Markdown({ source }: { source: string }): ReactElement {
  const html = useMemo(() => renderMarkdown(source), [source]);
  // biome-ignore lint/security/noDangerouslySetInnerHtml: markdown-it escapes all HTML of the source (html: false), see Markdown.test.ts
  return <div className="ck-markdown" dangerouslySetInnerHTML={{ __html: html }} />;
}
