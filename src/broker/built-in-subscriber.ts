/** The server's own subscriber, for trying it out: it prints what it receives, and can be taken offline. */
export class BuiltInSubscriber {
  #accepting = true;
  #urls: readonly string[] = [];

  /** Every URL in normal form under which it can be subscribed; known once the server listens. */
  get urls(): readonly string[] {
    return this.#urls;
  }

  /** @param urls the first is its public one */
  setUrls(urls: readonly string[]): void {
    this.#urls = urls;
  }

  get accepting(): boolean {
    return this.#accepting;
  }

  /**
   * Takes it offline or back.
   *
   * @returns whether it accepts pushes from now on
   */
  toggle(): boolean {
    this.#accepting = !this.#accepting;
    return this.#accepting;
  }
}

/**
 * The URLs under which the built-in subscriber of this server is known; the first is its public one.
 *
 * @param port where the server listens
 * @param publicUrl where others reach it, without a trailing slash, if that differs from localhost
 */
export function builtInUrls(port: number, publicUrl?: string): readonly string[] {
  const local = ['localhost', '127.0.0.1', '[::1]'].map((host) => `http://${host}:${port}`);
  const urls = publicUrl === undefined ? local : [publicUrl, ...local];
  return [...new Set(urls.map((url) => new URL(`${url}/event`).href))];
}
