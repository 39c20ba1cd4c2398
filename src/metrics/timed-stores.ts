import { HeraldError } from '../errors';
import type { PutFailure } from '../store/message-store';
import type { Stores } from '../store/stores';
import type { Tallies } from './tallies';

/**
 * The same stores, with every operation timed and its errors counted under its own name. What they answer passes through
 * untouched, in the same task.
 */
export function timedStores(stores: Stores, tallies: Tallies): Stores {
  const { messages, subscriptions, subscribers, idempotency } = stores;
  const time = timing(tallies);
  return {
    messages: {
      maxMessageBytes: messages.maxMessageBytes,
      put: time('put', messages.put.bind(messages), isPartial),
      pending: time('pending', messages.pending.bind(messages)),
      locate: time('locate', messages.locate.bind(messages)),
      markReceived: time('mark_received', messages.markReceived.bind(messages)),
      markReceivedUpTo: time('mark_received_up_to', messages.markReceivedUpTo.bind(messages)),
      setAside: time('set_aside', messages.setAside.bind(messages)),
      purge: time('purge', messages.purge.bind(messages)),
      purgeExpired: time('purge_expired', messages.purgeExpired.bind(messages)),
      countPending: time('count_pending', messages.countPending.bind(messages)),
      subscribersWithBacklog: time(
        'subscribers_with_backlog',
        messages.subscribersWithBacklog.bind(messages),
      ),
      deleteExpired: time('delete_expired', messages.deleteExpired.bind(messages)),
      lateCopies: time('late_copies', messages.lateCopies.bind(messages)),
      lastPosition: time('last_position', messages.lastPosition.bind(messages)),
    },
    subscriptions: {
      loadActive: time('load_subscriptions', subscriptions.loadActive.bind(subscriptions)),
      activate: time('subscribe', subscriptions.activate.bind(subscriptions)),
      end: time('unsubscribe', subscriptions.end.bind(subscriptions)),
      history: time('subscription_history', subscriptions.history.bind(subscriptions)),
    },
    subscribers: {
      loadAll: time('load_subscribers', subscribers.loadAll.bind(subscribers)),
      save: time('save_subscriber', subscribers.save.bind(subscribers)),
    },
    idempotency: {
      claim: time('claim_key', idempotency.claim.bind(idempotency)),
      saveAnswer: time('save_answer', idempotency.saveAnswer.bind(idempotency)),
      deleteExpired: time('delete_expired_keys', idempotency.deleteExpired.bind(idempotency)),
    },
    ping: time('ping', stores.ping.bind(stores)),
    close: stores.close.bind(stores),
  };
}

/** Makes a call that is timed, of one that is not. */
function timing(tallies: Tallies) {
  return <Args extends unknown[], Result>(
    operation: string,
    call: (...args: Args) => Promise<Result>,
    hasFailed: (result: Result) => boolean = () => false,
  ) => {
    const tally = tallies.storeTally(operation);
    return (...args: Args): Promise<Result> => {
      const startedAt = performance.now();
      const result = call(...args);
      const end = (isError: boolean) => {
        tally.seconds.observe((performance.now() - startedAt) / 1000);
        if (isError) tally.errors += 1;
      };
      result.then(
        (value) => end(hasFailed(value)),
        (error: unknown) => end(!isCallersFault(error)),
      );
      return result;
    };
  };
}

/** Some copies could not be stored, though others were. */
function isPartial(failures: readonly PutFailure[]): boolean {
  return failures.length > 0;
}

/** What was asked for is not possible, whatever the store's state. */
function isCallersFault(error: unknown): boolean {
  return error instanceof RangeError || error instanceof HeraldError;
}
