import { AnswerError } from './answer-error';
import { parseAnswerHead, type AnswerHead } from './answer-head';

export interface AnswerLimits {
  /**
   * Bytes of the head with the informational ones before it, of the trailers, and of any single line; more is an error. It
   * also bounds the size lines of all chunks together: after more of them the answer counts as complete.
   */
  readonly maxHeaderBytes: number;
  /** Bytes of the body that are read; the answer counts as complete after one more. */
  readonly maxBodyBytes: number;
}

type Expected = 'head' | 'body' | 'chunk_size' | 'chunk_end' | 'trailers' | 'nothing';

const NOTHING: Buffer = Buffer.alloc(0);
const BEGINNING = 'HTTP/1.';
const END_OF_LINE = '\r\n';
const END_OF_HEAD = '\r\n\r\n';
const CHUNK_SIZE = /^([\da-f]{1,12})[ \t]*(?:;.*)?$/i;

/** Reads one answer from a connection's bytes. Informational answers before it are skipped. */
export class AnswerReader {
  #expected: Expected = 'head';
  /** What came and is not used yet. */
  #bytes = NOTHING;
  /** Bytes of the body, or of its current chunk, that are still to come. */
  #missing = 0;
  #bodyBytes = 0;
  #informationalBytes = 0;
  #framingBytes = 0;
  #trailerBytes = 0;
  #head: AnswerHead | null = null;
  #hasBegun = false;
  /** Something came behind the end of the answer. */
  #isFollowed = false;

  /**
   * @param onBody given each part of the body that is read, valid only during the call; without it, the body is dropped
   */
  constructor(
    private readonly limits: AnswerLimits,
    private readonly onBody?: (bytes: Buffer) => void,
  ) {}

  /** Of the final answer; null while it is not there. */
  get head(): AnswerHead | null {
    return this.#head;
  }

  /** Whether anything came. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Whether there is more of the body, or of what chunks put around it, than is read. */
  get isTooLong(): boolean {
    return this.#bodyBytes > this.limits.maxBodyBytes || this.#framingBytes > this.limits.maxHeaderBytes;
  }

  /** Whether all of the answer was read and nothing else came, so that the next answer begins with the next byte. */
  get isExact(): boolean {
    return !this.#isFollowed && !this.isTooLong;
  }

  /**
   * Takes what came; the bytes are the caller's again afterwards. Returns true when no more is to be read.
   *
   * @throws AnswerError `ANSWER_MALFORMED`, `ANSWER_HEAD_TOO_LARGE`
   */
  read(bytes: Buffer): boolean {
    this.#hasBegun = true;
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    while (this.#expected !== 'nothing' && this.#readPart());
    if (this.#expected === 'nothing') {
      // A copy of what came behind the end would last as long as the socket, which is long where each answer costs one.
      this.#isFollowed ||= this.#bytes.length > 0;
      this.#bytes = NOTHING;
      return true;
    }
    if (this.#bytes.length > 0) this.#bytes = Buffer.from(this.#bytes);
    return false;
  }

  /** To be called when the other side ends the connection. Returns true when that ends the answer properly. */
  end(): boolean {
    return this.#expected === 'body' && this.#head?.bodyLength === 'until_close';
  }

  /** Returns false when that takes more bytes than there are. */
  #readPart(): boolean {
    switch (this.#expected) {
      case 'head':
        return this.#readHead();
      case 'body':
        return this.#readBody();
      case 'chunk_size':
        return this.#readChunkSize();
      case 'chunk_end':
        return this.#readChunkEnd();
      case 'trailers':
        return this.#readTrailer();
      case 'nothing':
        return false;
    }
  }

  #readHead(): boolean {
    const text = this.#takeUntil(END_OF_HEAD);
    if (text === null) {
      this.#checkBeginning();
      return false;
    }
    const head = parseAnswerHead(text);
    if (head.status === 101) throw new AnswerError('ANSWER_MALFORMED', 'The answer switches protocols');
    if (head.status < 200) {
      this.#informationalBytes += text.length + END_OF_HEAD.length;
      if (this.#informationalBytes > this.limits.maxHeaderBytes) throw tooLarge();
      return true;
    }
    this.#head = head;
    const { bodyLength } = head;
    this.#missing = typeof bodyLength === 'number' ? bodyLength : Infinity;
    if (bodyLength === 'chunked') this.#expected = 'chunk_size';
    else this.#expected = bodyLength === 0 ? 'nothing' : 'body';
    return true;
  }

  /** What speaks another protocol may wait for an end of line that never comes. */
  #checkBeginning(): void {
    const text = this.#bytes.toString('latin1', 0, BEGINNING.length);
    if (!BEGINNING.startsWith(text)) throw new AnswerError('ANSWER_MALFORMED', 'The answer is not HTTP/1.1');
  }

  #readBody(): boolean {
    const length = Math.min(this.#missing, this.#bytes.length);
    this.onBody?.(this.#bytes.subarray(0, Math.min(length, this.limits.maxBodyBytes - this.#bodyBytes)));
    this.#bytes = this.#bytes.subarray(length);
    this.#missing -= length;
    this.#bodyBytes += length;
    if (this.isTooLong) this.#expected = 'nothing';
    else if (this.#missing > 0) return false;
    else this.#expected = this.#head?.bodyLength === 'chunked' ? 'chunk_end' : 'nothing';
    return true;
  }

  #readChunkSize(): boolean {
    const line = this.#takeUntil(END_OF_LINE);
    if (line === null) return false;
    const [, size] = CHUNK_SIZE.exec(line) ?? [];
    if (size === undefined) throw new AnswerError('ANSWER_MALFORMED', 'The size of a chunk is no number');
    // With the ends of both of its lines. Without a limit, chunks of a byte could keep a processor busy.
    this.#framingBytes += line.length + 2 * END_OF_LINE.length;
    this.#missing = parseInt(size, 16);
    if (this.#missing === 0) this.#expected = 'trailers';
    else this.#expected = this.isTooLong ? 'nothing' : 'body';
    return true;
  }

  #readChunkEnd(): boolean {
    const line = this.#takeUntil(END_OF_LINE);
    if (line === null) return false;
    if (line !== '') throw new AnswerError('ANSWER_MALFORMED', 'A chunk is longer than its size');
    this.#expected = 'chunk_size';
    return true;
  }

  #readTrailer(): boolean {
    const line = this.#takeUntil(END_OF_LINE);
    if (line === null) return false;
    this.#trailerBytes += line.length;
    if (this.#trailerBytes > this.limits.maxHeaderBytes) throw tooLarge();
    if (line === '') this.#expected = 'nothing';
    return true;
  }

  /** The text before `end`, which is taken away too; null while `end` has not come. */
  #takeUntil(end: string): string | null {
    const at = this.#bytes.indexOf(end, 0, 'latin1');
    if ((at < 0 ? this.#bytes.length : at) > this.limits.maxHeaderBytes) throw tooLarge();
    if (at < 0) return null;
    const text = this.#bytes.toString('latin1', 0, at);
    this.#bytes = this.#bytes.subarray(at + end.length);
    return text;
  }
}

function tooLarge(): AnswerError {
  return new AnswerError('ANSWER_HEAD_TOO_LARGE', 'The headers or trailers of the answer are too long');
}
