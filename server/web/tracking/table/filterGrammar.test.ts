import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { complete, errorPlace, tokenize } from './filterGrammar.ts';

const keys = { metrics: ['auc', 'val/auc', 'loss'], params: ['model', 'learning rate'], tags: ['team'] };
const offered = (filter: string, cursor = filter.length) => complete(filter, cursor, keys).map(({ label }) => label);
/** The filter after the first offer was taken. */
const taken = (filter: string, cursor = filter.length) => {
  const [offer] = complete(filter, cursor, keys);
  return offer && filter.slice(0, offer.from) + offer.text + filter.slice(offer.to);
};

describe('tokenize', () => {
  test.each([
    ['metrics.auc > 0.8', ['key metrics.auc', 'operator >', 'number 0.8']],
    ['params.model = "forest"', ['key params.model', 'operator =', 'string "forest"']],
    ['metrics."val auc" >= -1e-3', ['key metrics."val auc"', 'operator >=', 'number -1e-3']],
    ["a = 'x' AND NOT b", ['key a', 'operator =', "string 'x'", 'word AND', 'word NOT', 'key b']],
    ['status in ("a", "b")', ['key status', 'word in', 'other (', 'string "a"', 'other ,', 'string "b"', 'other )']],
    ["name like 'open", ['key name', 'word like', "string 'open"]],
    ['metrics.größe', ['key metrics.größe']],
  ])('%s', (filter, pieces) => {
    expect(
      tokenize(filter)
        .filter(({ kind }) => kind !== 'space')
        .map(({ kind, text }) => `${kind} ${text}`),
    ).toEqual(pieces);
  });

  test('the pieces of any text are that text, each at its place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 24 }), (text) => {
        const pieces = tokenize(text);
        expect(pieces.map((piece) => piece.text).join('')).toBe(text);
        for (const piece of pieces) expect(text.startsWith(piece.text, piece.at)).toBe(true);
      }),
    );
  });
});

describe('complete', () => {
  test('a part of a name is enough', () => {
    expect(offered('auc')).toEqual(['metrics.auc', 'metrics.val/auc']);
  });

  test('after a key come operators, after an operator on status its words', () => {
    expect(offered('metrics.auc ')).toContain('>=');
    expect(offered('status = ')).toEqual(["'running'", "'finished'", "'failed'", "'killed'", "'lost'", "'scheduled'"]);
    expect(offered("status = 'fa")).toEqual(["'failed'"]);
    expect(offered('metrics.auc > ')).toEqual([]);
    expect(offered('attributes.start_time > ')).toContain('-7d');
    expect(offered('duration > 1')).toEqual(['1h', '1d']);
    expect(offered('params.model ')).toContain('differs from');
    expect(offered('metrics.auc ')).not.toContain('differs from');
  });

  test('after a value comes and or or', () => {
    expect(offered('metrics.auc > 0.8 ')).toEqual(['and', 'or']);
    expect(offered('metrics.auc > 0.8 a')).toEqual(['and']);
  });

  test('what is taken replaces what was typed, and quotes a key that needs it', () => {
    expect(taken('metrics.auc > 0.8 and lear')).toBe('metrics.auc > 0.8 and params."learning rate" ');
    expect(taken('val')).toBe('metrics."val/auc" ');
  });

  test('the piece under the cursor counts, not the end of the text', () => {
    expect(taken('los > 1', 3)).toBe('metrics.loss  > 1');
  });
});

test.each([
  ['unexpected "x" at column 7', 6],
  ['unexpected end at position 1', 0],
  ['no such key', null],
])('%s', (reason, place) => {
  expect(errorPlace(reason)).toBe(place);
});
