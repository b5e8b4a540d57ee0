import { z } from 'zod';
import { digest, epochMs, limits, runId, uuid } from '../wire/index.ts';

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

/** Parts count from 1. With parts of 64 MiB, a file of 640 GiB has room. */
export const partNumber = z.number().int().min(1).max(limits.uploadParts);

export const uploadPart = z.object({ number: partNumber, size: z.number().int().describe('bytes'), digest });
export type UploadPart = z.infer<typeof uploadPart>;

/** A file that arrives in parts, so that an upload that broke off goes on where it stopped, also after a restart of either side. */
export const upload = z.object({
  id: uuid,
  runId,
  path: z.string(),
  kind: artifactKind,
  mediaType: z.string(),
  parts: z.array(uploadPart).describe('Those that are stored, by number.'),
  createdAt: epochMs,
  state: z.enum(['open', 'completed', 'canceled']),
});
export type Upload = z.infer<typeof upload>;

export const uploadStart = z.object({
  runId,
  path: artifactPath,
  kind: artifactKind.default('file'),
  mediaType: z.string().max(300).optional().describe('Absent: guessed from the name.'),
});

export const uploadComplete = z.object({
  runId,
  uploadId: uuid,
  parts: z
    .array(z.object({ number: partNumber, digest }))
    .min(1)
    .max(limits.uploadParts)
    .describe('All parts of the file, as the client sent them: 1, 2, 3 and so on.'),
});

/** First rows of a tabular artifact (CSV, JSON records), read on the server in constant memory. */
export const tablePreview = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.string())),
  truncated: z.boolean(),
});
