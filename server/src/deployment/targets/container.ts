/**
 * A release as the context of a container: `GET /releases/{id}/container` streams a tar. What starts in it needs neither Cellkeep nor a
 * database; it answers the endpoint's protocols for this one version.
 */

import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { uuid } from '@cellkeep/schema/wire';
import { type Response, Router } from 'express';
import { type Pack, pack } from 'tar-stream';
import { attachmentNamed } from '../../core/attachment.ts';
import type { BlobStore } from '../../core/blobs.ts';
import type { CallContext, Caller, Services } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { isLeaving } from '../../core/sendFile.ts';
import { type PackedRelease, releaseFile, requirementsOf, requirePacked, servingProgram, type TextFile } from './packedRelease.ts';

export interface ContainerOptions {
  services: Services;
  callerOf: (response: Response) => Caller;
  /** Interpreter with the package cellkeep; empty: none is known here. */
  python: string;
}

/** Mounted below /api/v1, after authentication. */
export function containerRoutes({ services, callerOf, python }: ContainerOptions): Router {
  const router = Router();
  router.get('/releases/:id/container', async (request, response, next) => {
    try {
      const id = uuid.safeParse(request.params.id);
      if (!id.success) throw failure('BAD_REQUEST', { field: 'id', reason: 'the id of a release is a UUID' });
      const context: CallContext = { ...services, caller: callerOf(response), requestId: String(response.locals.requestId) };
      const release = await requirePacked(context, id.data, 'id');
      const texts = await contextFiles(release, python);
      response.setHeader('content-type', 'application/x-tar');
      response.setHeader('content-disposition', attachmentNamed(`${release.endpoint}-${release.number}.tar`));
      if (request.method === 'HEAD') return void response.end();
      const archive = pack();
      const filled = fill(archive, texts, release, services.blobs).catch((error: unknown) => archive.destroy(error as Error));
      await pipeline(archive, response).catch((error: unknown) => {
        if (!isLeaving(error)) throw error;
      });
      await filled;
    } catch (error) {
      if (response.headersSent)
        response.destroy(); // half of it has gone: whoever reads must not take it for whole
      else next(error);
    }
  });
  return router;
}

/** One after the other, as they are read: nothing is held. */
async function fill(archive: Pack, texts: TextFile[], { files }: PackedRelease, blobs: BlobStore): Promise<void> {
  for (const { path, text } of texts) archive.entry({ name: path, mode: 0o644 }, text);
  for (const { path, digest, size } of files) {
    const opened = await blobs.get(digest);
    if (!opened) throw new Error(`the bytes of ${path} are missing`);
    await pipeline(opened.stream as Readable, archive.entry({ name: `model/${path}`, size, mode: 0o644 }));
  }
  archive.finalize();
}

export async function contextFiles(release: PackedRelease, python: string): Promise<TextFile[]> {
  return [
    { path: 'Dockerfile', text: dockerfile(release) },
    { path: 'README.md', text: readme(release) },
    { path: 'requirements.txt', text: `${requirementsOf(release, true).join('\n')}\n` },
    { path: 'serve.py', text: SERVE },
    releaseFile(release),
    ...(await servingProgram(python)),
  ];
}

/** The Python that a pickle was made with; graphs need none of theirs. */
const pythonOf = ({ bundle }: PackedRelease): string =>
  (bundle.runtime === 'python' && /^3\.\d+/.exec(bundle.python?.version ?? '')?.[0]) || '3.12';

const dockerfile = (release: PackedRelease): string => `ARG PYTHON=python:${pythonOf(release)}-slim
FROM \${PYTHON}
WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN useradd --system serving
USER serving
ENV PORT=8080 PYTHONUNBUFFERED=1
EXPOSE 8080
CMD ["python", "serve.py"]
`;

const SERVE = `"""Serves the model of this folder; see README.md."""

import os
from pathlib import Path

import uvicorn
from cellkeep_serving.application import application_of

if __name__ == "__main__":
    application = application_of(Path(__file__).resolve().parent)
    uvicorn.run(application, host=os.environ.get("HOST", "0.0.0.0"), port=int(os.environ.get("PORT", "8080")), access_log=False)
`;

/** Names are what people typed: within code they stand in quotes of their own. */
function readme({ modelName, version, endpoint, number }: PackedRelease): string {
  const name = modelName.replaceAll('`', "'");
  return `# ${name.replaceAll(/[\\[\]<>*_#|]/g, '\\$&')}, version ${version}

Release ${number} of the endpoint ${endpoint}.

    docker build -t ${endpoint} .
    docker run -p 8080:8080 -e CELLKEEP_TOKEN=choose-one ${endpoint}

Without Docker, in a Python environment of its own: \`pip install -r requirements.txt && python serve.py\`.

It answers \`POST /predict\` (rows as JSON), \`POST /invocations\` (as MLflow), and the Open Inference Protocol at
\`/v2/models/${encodeURIComponent(modelName)}/infer\` (tensors as JSON). Where CELLKEEP_TOKEN is set, whoever asks sends it as a bearer token.
`;
}
