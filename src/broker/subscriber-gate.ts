import type { ConsentResult } from '../delivery/consent';
import { HeraldError } from '../errors';

export interface SubscriberGateDeps {
  /** Rejects with BlockedAddressError, or with another error when the name cannot be resolved, which takes 2 s at most. */
  readonly checkAddress: (target: { readonly hostname: string; readonly origin: string }) => Promise<unknown>;
  /** Tells an address that pushes do not go to from a name that has none. */
  readonly isBlocked: (error: unknown) => boolean;
  /** Asks the URL whether it wants pushes; null when none is asked. */
  readonly verify: ((url: string) => Promise<ConsentResult>) | null;
}

export interface Admission {
  /** Pushes per second that the subscriber wants at most; null when it sets no limit. */
  readonly maxPerSecond: number | null;
}

/** Lets in whom pushes may go to, and who wants them. */
export class SubscriberGate {
  constructor(private readonly deps: SubscriberGateDeps) {}

  /**
   * Checks where a URL leads. One that cannot be resolved now passes: the same is asked again at every push.
   *
   * @throws HeraldError `blocked_address`
   */
  async checkAddress(url: string): Promise<void> {
    const { hostname, origin } = new URL(url);
    try {
      await this.deps.checkAddress({ hostname, origin });
    } catch (error) {
      if (this.deps.isBlocked(error)) throw blocked();
    }
  }

  /**
   * Asks a URL that is new for its consent, where that is asked.
   *
   * @throws HeraldError `verification_failed` with what was found, `blocked_address`
   */
  async admit(url: string): Promise<Admission> {
    if (!this.deps.verify) return { maxPerSecond: null };
    const result = await this.deps.verify(url);
    if (result.granted) {
      const { allowedPerMinute } = result;
      return { maxPerSecond: allowedPerMinute === null ? null : allowedPerMinute / 60 };
    }
    if (result.outcome === 'blocked_address') throw blocked();
    const { outcome, status, addressClass, durationMs } = result;
    throw new HeraldError(
      'verification_failed',
      `The URL did not consent to pushes (${outcome}${status === null ? '' : `, status ${status}`}): answer OPTIONS with ` +
        'WebHook-Allowed-Origin, or the POSTed {"type":"verification","challenge":…} with {"challenge":…}',
      [
        {
          path: 'url',
          message: `${outcome} after ${durationMs} ms, address: ${addressClass ?? 'not known'}`,
        },
      ],
    );
  }
}

function blocked(): HeraldError {
  return new HeraldError('blocked_address', 'The URL leads to an address that pushes do not go to', [
    { path: 'url', message: 'leads to an address that pushes do not go to' },
  ]);
}
