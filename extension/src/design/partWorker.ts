/** Makes and sends parts beside the page, so that no output however large stops it. Its other end is partMaker.ts. */
import { putText } from './longTexts';
import { type HeldParts, makePart, type PartToMake } from './partStore';
import { NotHeld, Refused, sendParts } from './sendParts';

export type ToWorker =
  | { type: 'text'; number: number; piece: string }
  | { type: 'make'; number: number; parts: PartToMake[] }
  | { type: 'send'; number: number; base: string; headers: Record<string, string>; digests: string[] }
  | { type: 'forget'; digests: string[] };

export type FromWorker =
  | { number: number; digests: string[]; bytes: number }
  | { number: number; sent: number; bytes: number }
  | { number: number; error: string; kind: 'refused' | 'gone' | 'away' };

const held: HeldParts = new Map();
const texts = new Map<number, string[]>();
const answer = (message: FromWorker) => self.postMessage(message);

self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  void handle(data);
});

async function handle(message: ToWorker): Promise<void> {
  if (message.type === 'text') {
    const pieces = texts.get(message.number);
    if (pieces) pieces.push(message.piece);
    else texts.set(message.number, [message.piece]);
    return;
  }
  if (message.type === 'forget') {
    for (const digest of message.digests) held.delete(digest);
    return;
  }
  const { number } = message;
  try {
    if (message.type === 'make') {
      const digests: string[] = [];
      let bytes = 0;
      for (const part of message.parts) {
        for (const { path, number: text } of part.texts ?? []) {
          putText(part.value, path, texts.get(text)?.join('') ?? '');
          texts.delete(text);
        }
        const digest = await makePart(held, part);
        digests.push(digest);
        bytes += held.get(digest)?.bytes.length ?? 0;
      }
      answer({ number, digests, bytes });
    } else {
      const { base, headers, digests } = message;
      const request = (path: string, init: RequestInit) =>
        fetch(new URL(path, base), { ...init, headers: { ...headers, ...(init.headers as Record<string, string>) } });
      answer({ number, ...(await sendParts(request, held, digests)) });
    }
  } catch (error) {
    const kind = error instanceof Refused ? 'refused' : error instanceof NotHeld ? 'gone' : 'away';
    answer({ number, error: error instanceof Error ? error.message : String(error), kind });
  }
}
