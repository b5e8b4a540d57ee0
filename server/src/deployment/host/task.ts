/** What a host learns when it starts, as one line of JSON on its stdin: nothing of it stands on a command line or in an environment. */
export interface HostTask {
  hostId: string;
  endpointId: string;
  databaseUrl: string;
  /** Folder of the blobs. */
  blobs: string;
  /** Folder that the model files of all hosts of this machine are unpacked into, by digest. */
  cache: string;
  machine: string;
  /** Address to listen on; the port is shared with the other hosts of the endpoint on this machine. */
  host: string;
  port: number;
  /** Interpreter with the package cellkeep, for models that need Python; empty: none is known here. */
  python: string;
}
