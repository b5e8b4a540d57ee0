import { z } from 'zod';
import { digest, epochMs, limits, runId } from '../wire/index.ts';

/** A clean relative POSIX path: what would leave the run's own folder is refused, not repaired. */
export const artifactPath = z
  .string()
  .min(1)
  .max(limits.artifactPath)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  .regex(/^[^\u0000-\u001f\u007f\\]*$/, 'a path holds no backslash and no control characters')
  .refine((p) => !p.startsWith('/') && !p.split('/').some((part) => part === '' || part === '.' || part === '..'), {
    message: 'a path is relative and clean: no leading "/", no empty part, no "." and no ".."',
  });

/** What the artifact is to the person: decides the preview. */
export const artifactKind = z.enum(['file', 'figure', 'table', 'text']);
export type ArtifactKind = z.infer<typeof artifactKind>;

export const artifact = z.object({
  runId,
  path: z.string(),
  kind: artifactKind,
  size: z.number().int().describe('bytes'),
  digest,
  mediaType: z.string(),
  createdAt: epochMs,
});
export type Artifact = z.infer<typeof artifact>;

/** First rows of a tabular artifact (CSV, JSON records), read on the server in constant memory. */
export const tablePreview = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.string())),
  truncated: z.boolean(),
});
