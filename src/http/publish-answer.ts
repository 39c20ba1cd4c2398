import { isLost, type PublishResult } from '../broker/publish-result';

/** What a publish is answered. */
export interface PublishAnswer {
  readonly status: 200 | 202 | 503;
  readonly body: { readonly message: string; readonly code?: 'store_unavailable' } & PublishResult;
}

/** 200: everyone has it. 202: for some it is stored, or dropped by their own limits. 503: for some it is lost. */
export function publishStatus(result: PublishResult): PublishAnswer['status'] {
  if (isLost(result)) return 503;
  return result.undelivered.length === 0 ? 200 : 202;
}

export function publishAnswer(result: PublishResult): PublishAnswer {
  const message = summary(result);
  const status = publishStatus(result);
  if (status === 503) return { status, body: { message, code: 'store_unavailable', ...result } };
  return { status, body: { message, ...result } };
}

function summary({ delivered, undelivered }: PublishResult): string {
  const total = delivered.length + undelivered.length;
  if (undelivered.length === 0) {
    return total === 1
      ? 'The subscriber received the message'
      : `All ${total} subscribers received the message`;
  }
  const missed = `${undelivered.length} of ${total} subscribers did not receive the message`;
  const dropped = undelivered.filter(({ outcome }) => outcome === 'dropped').length;
  const lost = undelivered.filter(({ stored }) => !stored).length - dropped;
  const faults = [
    ...(dropped > 0 ? [`for ${dropped} of them it was dropped, since their backlog is full`] : []),
    ...(lost > 0 ? [`for ${lost} of them it could not be stored; publish it again`] : []),
  ];
  if (faults.length === 0) return `${missed}; it is stored for them`;
  return `${missed}, and ${faults.join(', and ')}`;
}
