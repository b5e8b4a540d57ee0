import { expect, test } from 'vitest';
import { imageUrl } from './OutputImage.tsx';

test('a drawing with half a surrogate pair is a picture like any other', () => {
  const url = imageUrl('image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"><text>\ud800 \udc00</text></svg>');
  expect(decodeURIComponent(url ?? '')).toContain('<text>\ufffd \ufffd</text>');
});

test.each([
  ['an address', 'image/png', 'https://spy.example/a.png'],
  ['an attribute', 'image/png', 'AAAA" onerror="alert(1)'],
  ['nothing', 'image/png', ''],
  ['a document', 'text/html', 'AAAA'],
])('%s is no picture', (_, mime, data) => {
  expect(imageUrl(mime, data)).toBeNull();
});
