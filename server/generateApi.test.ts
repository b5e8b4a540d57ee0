import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FILE, openApi } from './generateApi.ts';

interface Operation {
  operationId: string;
  summary?: string;
  tags?: string[];
  responses: Record<string, object>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>>;
}

const text = await openApi();
const document = JSON.parse(text) as Document;
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));

test('the committed document is what the contract says now', () => {
  expect(readFileSync(FILE, 'utf8') === text, 'run: npm run openapi -w schema').toBe(true);
});

test('every operation has a name of its own, a summary, a tag, an answer and the errors that all share', () => {
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  for (const { operationId, summary, tags, responses } of operations) {
    expect({ operationId, summary, tags }).toEqual({
      operationId,
      summary: expect.stringMatching(/./),
      tags: [expect.stringMatching(/./)],
    });
    expect(Object.keys(responses), operationId).toEqual(expect.arrayContaining(['400', '401', '403', '413', '500', '507']));
    expect(
      Object.keys(responses).some((status) => status.startsWith('2')),
      operationId,
    ).toBe(true);
  }
});

test('every reference leads somewhere', () => {
  const references = [...text.matchAll(/"\$ref": "#\/components\/(\w+)\/(\w+)"/g)];
  expect(references.length).toBeGreaterThan(100);
  for (const [, kind = '', name = ''] of references) expect(document.components[kind], name).toHaveProperty(name);
});

test('the routes of bytes and cookies are described beside the operations', () => {
  expect(document.openapi).toMatch(/^3\.1/);
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(['/me', '/session', '/runs/{runId}/artifacts', '/runs/{runId}/artifacts/files/{path}']),
  );
});

test('whoever writes batches reads what a record is', () => {
  expect(JSON.stringify(document.paths['/ingest'])).toContain('#/components/schemas/IngestRecord');
});
