/**
 * What endpoints answered, as it is stored: prediction ids (predictionId.ts), chunks of requests (chunk.ts says the format, chunkWriter.ts
 * writes and readChunk.ts reads it), latencies by bins (latencies.ts), and how values spread in the bins of training (spread.ts). Hosts
 * write, the server reads.
 */
export type { ChunkedRelease, LoggedRequest, LoggedValue, Protocol } from './chunk.ts';
export { PROTOCOLS } from './chunk.ts';
export { type ChunkRequest, type ChunkWriter, createChunkWriter, type EncodedChunk } from './chunkWriter.ts';
export { addLatencies, LATENCY_BINS, latencyBin, latencyBounds, latencyQuantile } from './latencies.ts';
export { newLife, type PredictionPlace, parsePredictionId, predictionIdOf } from './predictionId.ts';
export { BrokenChunk, findRequest, readChunk } from './readChunk.ts';
export { binsOf, populationStability, type SpreadBins } from './spread.ts';
