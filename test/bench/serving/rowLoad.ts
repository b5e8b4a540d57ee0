/**
 * The client of the serving measurements, a program: the same bytes over and over on so many connections, each waiting for its answer. It
 * works on sockets and reads no more of an answer than its length, since what it takes it takes from the contestant on the same machine.
 * Reads its job from the command line and prints what it counted.
 */
import { connect } from 'node:net';

export interface RowJob {
  port: number;
  connections: number;
  seconds: number;
  /** A whole request, base64. */
  request: string;
}

export interface RowsSent {
  requests: number;
  seconds: number;
  p50: number;
  p99: number;
  /** Answers that are not 200, the first of them as text. */
  failed: number;
  failure: string;
}

const job = JSON.parse(process.argv[2] ?? '') as RowJob;
const request = Buffer.from(job.request, 'base64');
const latencies: number[] = [];
let failed = 0;
let failure = '';
const begin = performance.now();
const end = begin + job.seconds * 1_000;

await Promise.all(Array.from({ length: job.connections }, client));
latencies.sort((a, b) => a - b);
const at = (q: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? Number.NaN;
const sent: RowsSent = {
  requests: latencies.length,
  seconds: (performance.now() - begin) / 1_000,
  p50: at(0.5),
  p99: at(0.99),
  failed,
  failure,
};
process.stdout.write(`${JSON.stringify(sent)}\n`);

function client(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port: job.port, host: '127.0.0.1', noDelay: true });
    let asked = 0;
    let rest: Buffer | null = null;
    const ask = () => {
      asked = performance.now();
      socket.write(request);
    };
    const stop = (why: string) => {
      if (why && performance.now() < end) {
        failed += 1;
        failure ||= why;
      }
      socket.destroy();
      resolve();
    };
    socket.on('connect', ask);
    socket.on('data', (piece: Buffer) => {
      const bytes = rest ? Buffer.concat([rest, piece]) : piece;
      if (!isWhole(bytes)) {
        rest = bytes;
        return;
      }
      rest = null;
      const now = performance.now();
      latencies.push(now - asked);
      if (bytes[9] !== 50) {
        failed += 1; // not 2xx
        failure ||= bytes.toString('latin1').slice(0, 500);
      }
      if (now >= end) stop('');
      else ask();
    });
    socket.on('error', (error) => stop(error.message));
    socket.on('close', () => stop('the connection was closed'));
  });
}

function isWhole(bytes: Buffer): boolean {
  const head = bytes.indexOf('\r\n\r\n');
  if (head < 0) return false;
  const text = bytes.toString('latin1', 0, head).toLowerCase();
  const at = text.indexOf('content-length: ');
  if (at >= 0) return bytes.length >= head + 4 + Number.parseInt(text.slice(at + 16), 10);
  return bytes.toString('latin1', bytes.length - 5) === '0\r\n\r\n';
}
