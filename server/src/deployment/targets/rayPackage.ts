/** A release as a working directory of a Ray cluster: a zip, named by its content as Ray's own packages are. */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import type { BlobStore } from '../../core/blobs.ts';
import { failure } from '../../core/failure.ts';
import { type PackedRelease, releaseFile, servingProgram } from './packedRelease.ts';

/** bytes: Ray's dashboard takes bodies of up to 100 MiB (ray_constants.DASHBOARD_CLIENT_MAX_SIZE), and keeps packages in memory. */
const MOST_BYTES = 95 * 1024 * 1024;
/** The same content is the same zip. */
const MTIME = new Date(1980, 0, 1);

export interface RayPackage {
  name: string;
  bytes: () => Promise<Buffer>;
}

/** @throws CONFLICT where the model is too large for it */
export async function packForRay(release: PackedRelease, blobs: BlobStore, python: string): Promise<RayPackage> {
  const texts = [releaseFile(release), ...(await servingProgram(python, ['ray_app.py']))];
  const size = release.files.reduce((sum, file) => sum + file.size, 0);
  if (size > MOST_BYTES) {
    const reason = `the files of this release have ${Math.ceil(size / 2 ** 20)} MiB; a Ray cluster takes packages of up to 95 MiB`;
    throw failure('CONFLICT', { field: 'releaseId', reason, remedy: 'run it as a container there' });
  }
  const digest = createHash('sha256')
    .update(JSON.stringify([texts, release.files]))
    .digest('hex');
  return {
    name: `_ray_pkg_${digest.slice(0, 32)}.zip`,
    async bytes() {
      const zip = new ZipFile();
      for (const { path, text } of texts) zip.addBuffer(Buffer.from(text), path, { mtime: MTIME, compress: true });
      for (const { path, digest: blob } of release.files) {
        const opened = await blobs.get(blob);
        if (!opened) throw new Error(`the bytes of ${path} are missing`);
        zip.addBuffer(await buffer(opened.stream), `model/${path}`, { mtime: MTIME, compress: true });
      }
      zip.end();
      return buffer(zip.outputStream);
    },
  };
}
