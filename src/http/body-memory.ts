import type { Request, Response } from 'express';
import { HeraldError } from '../errors';
import { onClose } from './disconnect';

const MAX_BYTES = 256 * 1024 * 1024;
/** What is not larger is not counted: as many of them as there may be connections are no danger. */
const SMALL_BYTES = 64 * 1024;

/** Bounds what the large bodies of all requests take together: each is bounded, but there may be thousands. */
export class BodyMemory {
  #heldBytes = 0;

  constructor(private readonly maxBytes = MAX_BYTES) {}

  /**
   * Sets aside what a request's body will take, until it is answered or its connection closes. A body that does not say
   * its length, or is compressed, counts with the `maxBodyBytes` that it may have.
   *
   * @returns to be told how many bytes it had, once it is there
   * @throws HeraldError `overloaded` when others take too much for that
   */
  hold(res: Response, maxBodyBytes: number): (bytes: number) => void {
    let held = counted(Math.min(declaredBytes(res.req), maxBodyBytes));
    if (held === 0) return () => undefined;
    if (this.#heldBytes + held > this.maxBytes) {
      throw new HeraldError(
        'overloaded',
        'Too much memory is in use for the bodies of other requests; try again',
      );
    }
    this.#heldBytes += held;
    const shrinkTo = (bytes: number) => {
      const kept = Math.min(held, counted(bytes));
      this.#heldBytes -= held - kept;
      held = kept;
    };
    onClose(res, () => shrinkTo(0));
    return shrinkTo;
  }
}

function counted(bytes: number): number {
  return bytes > SMALL_BYTES ? bytes : 0;
}

function declaredBytes({ headers }: Request): number {
  const { 'content-length': length, 'content-encoding': coding } = headers;
  return length === undefined || coding !== undefined ? Infinity : Number(length);
}
