/** What is left when the work is taken away: an HTTP server of Node alone that reads JSON and answers. Run as a program; prints its port. */
import { createServer } from 'node:http';

/** Answers as large as the ones that are measured, made anew each time as a server must. */
const points = Number(process.argv[2] ?? 0);
const column = (of: (i: number) => number) => Array.from({ length: points }, (_, i) => of(i));
const history = {
  series: [
    {
      steps: column((i) => i),
      times: column((i) => 1_780_000_000_000 + i * 100),
      values: column((i) => Math.exp(-i / 5_000) + 0.01 * Math.sin(i)),
    },
  ],
};

const server = createServer((request, response) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const body = Buffer.concat(pieces);
    const read = body.length > 0 ? (JSON.parse(body.toString('utf8')) as { series?: unknown[] }) : {};
    const text = JSON.stringify(request.url === '/history' ? history : { points: read.series?.length ?? 0 });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' && address ? address.port : 0}\n`);
});
