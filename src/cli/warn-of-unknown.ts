import { type HeraldClient, HeraldRequestError } from '../client';
import { printable } from '../printable';
import { type Io, note } from './io';

/**
 * Says so beside the output when a URL was never subscribed: a backlog that is empty for that reason is most likely one
 * whose URL is misspelt.
 *
 * @throws HeraldRequestError when the server cannot be asked; the signal's reason when it aborts
 */
export async function warnOfUnknown(
  io: Pick<Io, 'stderr'>,
  client: HeraldClient,
  subscriber: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await client.subscriber(subscriber, { ...(signal && { signal }) });
  } catch (error) {
    if (!(error instanceof HeraldRequestError && error.code === 'subscriber_not_found')) throw error;
    note(io, printable(`Warning: ${error.message}; check the spelling`));
  }
}
