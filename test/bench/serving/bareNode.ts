/** What is left without us: Node's HTTP server and ONNX Runtime's JavaScript API, no token, no check, no log. A program; prints its port. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const folder = process.argv[2] ?? '';
const { InferenceSession, Tensor } = createRequire(new URL('../../../server/package.json', import.meta.url))(
  'onnxruntime-node',
) as typeof import('onnxruntime-node');
const session = await InferenceSession.create(join(folder, 'model.onnx'), { intraOpNumThreads: 1, interOpNumThreads: 1 });
const { columns } = JSON.parse(readFileSync(join(folder, 'example.json'), 'utf8')) as { columns: string[] };

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', async () => {
    const text = Buffer.concat(pieces).toString('utf8');
    const row = (text === '' ? {} : JSON.parse(text)) as Record<string, number>;
    const features = new Tensor(
      'float32',
      Float32Array.from(columns, (name) => row[name] ?? Number.NaN),
      [1, columns.length],
    );
    const { label, probabilities } = await session.run({ features });
    const body = JSON.stringify({ prediction: Number(label?.data[0]), scores: Array.from(probabilities?.data as Float32Array) });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' && address ? address.port : 0}\n`);
});
