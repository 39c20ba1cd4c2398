import type { Dispatcher } from 'undici';

/** Sends a POST over a pooled client and resolves with the answer's status once all of it was read. */
export function post(
  dispatcher: Dispatcher,
  request: Pick<Dispatcher.DispatchOptions, 'path' | 'headers' | 'body'>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let status = 0;
    dispatcher.dispatch(
      { ...request, method: 'POST' },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_, answered) => {
          status = answered;
        },
        onResponseData: () => undefined,
        onResponseEnd: () => resolve(status),
        onResponseError: (_, error) => reject(error),
      },
    );
  });
}
