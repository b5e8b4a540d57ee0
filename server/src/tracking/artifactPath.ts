/** Which artifact an address means. Read from the address as it was sent: what a router decodes first can no longer be refused. */
import { artifactPath, partNumber } from '@cellkeep/schema/tracking';
import { runId, uuid } from '@cellkeep/schema/wire';
import type { z } from 'zod';
import { failure, toIssue } from '../core/failure.ts';

const FILES = /^\/runs\/([^/]*)\/artifacts\/files(?:\/(.*))?$/s;

const PART = /^\/runs\/([^/]*)\/artifacts\/uploads\/([^/]*)\/parts\/([^/]*)$/;

export interface FileOfRun {
  runId: string;
  path: string;
}

/** @param pathname below /api/v1, percent-encoded */
export function isFileOfRun(pathname: string): boolean {
  return FILES.test(pathname);
}

/**
 * @param pathname one that `isFileOfRun`
 * @throws BAD_REQUEST for a path that is not clean, in any encoding
 * @example fileOfRun('/runs/0123456789abcdef0123456789abcdef/artifacts/files/plots/roc%20curve.png')
 */
export function fileOfRun(pathname: string): FileOfRun {
  const [, run, encoded = ''] = FILES.exec(pathname) ?? [];
  return { runId: accepted('runId', runId, run), path: decodedPath(encoded) };
}

export interface PartOfUpload {
  runId: string;
  uploadId: string;
  number: number;
}

/** @param pathname below /api/v1, percent-encoded; null where it is the address of something else */
export function partOfUpload(pathname: string): PartOfUpload | null {
  const [address, run, upload, number] = PART.exec(pathname) ?? [];
  if (address === undefined) return null;
  return {
    runId: accepted('runId', runId, run),
    uploadId: accepted('uploadId', uuid, upload),
    number: accepted('number', partNumber, /^\d{1,6}$/.test(number ?? '') ? Number(number) : number),
  };
}

/**
 * The clean relative path that an address says.
 * @param encoded percent-encoded, as it was sent
 * @throws BAD_REQUEST for a path that is not clean, in any encoding
 */
export function decodedPath(encoded: string): string {
  // An encoded slash is a slash to some proxies and part of a name to others.
  const path = encoded.split('/').map(decodedPart).join('/');
  return cleanPath(path);
}

/** As `decodedPath`, for a path that came decoded: in a query or a message. */
export function cleanPath(path: string): string {
  accepted('path', artifactPath, path);
  refuseHidden(path);
  return path;
}

function decodedPart(encoded: string): string {
  const part = decoded(encoded);
  if (part === null) throw unclean(`${JSON.stringify(encoded.slice(0, 100))} is no percent-encoded UTF-8`);
  if (part.includes('/')) throw unclean('an encoded slash (%2f) would be read differently by proxies', 'send "/" as it is');
  return part;
}

/** A proxy that decodes once more must find the same clean path: `%252e%252e` is refused, `100%25.csv` is a name. */
function refuseHidden(path: string): void {
  const depth = path.split('/').length;
  let at = path;
  while (/%[0-9a-f]{2}/i.test(at)) {
    const next = decoded(at);
    if (next === null) return; // nobody can decode it further
    if (!artifactPath.safeParse(next).success || next.split('/').length !== depth) {
      throw unclean('decoded once more, this path would leave its place', 'encode each part once, or choose another name');
    }
    at = next;
  }
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

function unclean(reason: string, remedy?: string) {
  return failure('BAD_REQUEST', { field: 'path', reason, remedy });
}

/** @throws BAD_REQUEST that names the field */
export function accepted<T extends z.ZodType>(field: string, schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw failure(
    'BAD_REQUEST',
    result.error.issues.map((issue) => ({ ...toIssue(issue), field })),
  );
}
