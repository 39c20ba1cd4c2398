declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface Options {
    /** Where LevelDB keeps the data; in memory when left out. */
    path?: string;
    /** Milliseconds that a new table is not usable yet. */
    createTableMs?: number;
    deleteTableMs?: number;
  }

  /** An HTTP server that answers as DynamoDB does; not listening yet. */
  export default function dynalite(options?: Options): Server;
}
