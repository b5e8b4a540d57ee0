import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileOfRun, isFileOfRun } from './artifactPath.ts';

const RUN = '0123456789abcdef0123456789abcdef';
const at = (encoded: string) => `/runs/${RUN}/artifacts/files/${encoded}`;

test.each([
  ['roc.png', 'roc.png'],
  ['plots/epoch%201/roc%20curve.png', 'plots/epoch 1/roc curve.png'],
  ['%C3%BCber/%E6%97%A5.csv', 'über/日.csv'],
  ['100%25.csv', '100%.csv'],
  ['100%2520done.csv', '100%20done.csv'],
  ['a..b/...', 'a..b/...'],
  ["it's+a&b=c;d", "it's+a&b=c;d"],
])('%s means %s', (encoded, path) => {
  expect(fileOfRun(at(encoded))).toEqual({ runId: RUN, path });
});

test.each([
  ['nothing', ''],
  ['a leading slash', '/etc/passwd'],
  ['a trailing slash', 'plots/'],
  ['an empty part', 'plots//roc.png'],
  ['dots', '../secret'],
  ['dots inside', 'a/../../secret'],
  ['one dot', './a'],
  ['encoded dots', '%2e%2e/secret'],
  ['half encoded dots', '.%2E/secret'],
  ['an encoded slash', 'a%2fb'],
  ['encoded dots and slash', '%2e%2e%2fsecret'],
  ['a backslash', 'a\\b'],
  ['an encoded backslash', '..%5csecret'],
  ['NUL', 'a%00.png'],
  ['a line break', 'a%0d%0ab'],
  ['dots encoded twice', '%252e%252e/secret'],
  ['a slash encoded twice', 'a%252fb'],
  ['a backslash encoded three times', 'a%25255cb'],
  ['NUL encoded twice', 'a%2500'],
  ['an overlong slash', '..%c0%afsecret'],
  ['broken UTF-8', '%ff'],
  ['a broken escape', 'a%zz'],
  ['1,025 characters', 'a'.repeat(1_025)],
])('%s is refused as a path', (_name, encoded) => {
  const error = expect.objectContaining({
    code: 'BAD_REQUEST',
    data: { issues: expect.arrayContaining([expect.objectContaining({ field: 'path', reason: expect.any(String) })]) },
  });
  expect(() => fileOfRun(at(encoded))).toThrow(error);
});

test('a run id is 32 hex digits', () => {
  expect(() => fileOfRun('/runs/7/artifacts/files/a')).toThrow(
    expect.objectContaining({ data: { issues: [expect.objectContaining({ field: 'runId' })] } }),
  );
});

test.each(['/runs/search', `/runs/${RUN}/artifacts`, `/runs/${RUN}/artifacts/preview`, `/runs/${RUN}/artifacts/files2/a`])(
  '%s is an address of something else',
  (path) => {
    expect(isFileOfRun(path)).toBe(false);
  },
);

test('what is accepted never leaves its folder, however often a proxy decodes it', () => {
  const piece = fc.constantFrom('a', '.', '/', '\\', '%', '25', '2e', '2f', '5c', '00', '%2e', '%2f', '%25', 'é');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      let path: string;
      try {
        ({ path } = fileOfRun(at(pieces.join(''))));
      } catch {
        return;
      }
      for (let seen = path, depth = path.split('/').length; ; ) {
        expect(seen).not.toMatch(/\\|\0|^\/|\/$|(^|\/)\.{0,2}(\/|$)/);
        expect(seen.split('/')).toHaveLength(depth);
        let next: string;
        try {
          next = decodeURIComponent(seen);
        } catch {
          return;
        }
        if (next === seen) return;
        seen = next;
      }
    }),
    { numRuns: 2_000 },
  );
});
