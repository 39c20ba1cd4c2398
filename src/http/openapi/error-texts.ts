import type { ErrorCode } from '../../errors';

/** When each code is answered; the column `when` of docs/errors.md, which a test compares. */
export const ERROR_TEXTS: Readonly<Record<ErrorCode, string>> = {
  invalid_cursor: '`after`, `before` or `upTo` is not a cursor.',
  invalid_header: '`Idempotency-Key` is empty, too long or has characters other than printable ASCII.',
  invalid_query: 'A parameter of the query is missing, there twice, or out of bounds.',
  invalid_topic:
    'The topic in the path is empty, too long, has a character that topics do not have, or is `.` or `..`, which clients take out of paths.',
  invalid_url: "The subscriber's URL is not one that can be pushed to.",
  invalid_body: 'The body is JSON, but not what this route takes.',
  invalid_json: 'The body is not JSON, or not UTF-8.',
  invalid_path: 'The path holds a `%` that is not followed by a valid percent-encoding.',
  invalid_request:
    'What arrived is not HTTP, broke off in the middle, or is not compressed as its `Content-Encoding` says. Headers that are too large get status 431, a request that arrives too slowly 408, an `Expect` other than `100-continue` 417.',
  empty_body: 'The route takes a body and none was sent.',
  unauthorized:
    'The request has no token, or one that is malformed, expired, of another issuer or audience, not signed with a key that the server knows, or not the one of this subscriber. `WWW-Authenticate` says which.',
  forbidden:
    'The token is valid, but does not have the scope that the request needs; the message and `WWW-Authenticate` name it.',
  route_not_found: 'There is no such path.',
  topic_not_found: 'Nobody is subscribed to the topic, so that there is nobody to list or to publish to.',
  subscription_not_found: 'The URL is not subscribed to the topic that it was to be unsubscribed from.',
  subscriber_not_found: 'The URL is not subscribed to anything and never was, and nothing waits for it.',
  message_not_found:
    'The subscriber has no pending message with this `id`: it was received, purged or expired, or never was for it.',
  method_not_allowed: 'The path exists, but not with this method.',
  idempotency_key_reused:
    'The `Idempotency-Key` was used for another body on this topic in the last 24 hours.',
  too_many_subscriptions:
    'The topic has as many subscribers, or the subscriber as many topics, as are allowed.',
  message_too_large: 'The body, after decompression, is larger than the limit.',
  batch_too_large: 'The batch has more than 1,000 lines or 16 MiB.',
  unsupported_media_type:
    'The body is not declared as JSON, has a charset other than UTF-8, or a `Content-Encoding` that is not known.',
  blocked_address:
    "The subscriber's URL leads to an address that pushes do not go to: a private network, this machine, or one at which a cloud hands out credentials.",
  too_many_hops: 'The message has passed more than five servers of this kind, by its header `Herald-Hops`.',
  verification_failed:
    'The subscriber was asked if it wants pushes and did not say yes; the answer says what came of asking.',
  rate_limited:
    'The caller sent too many requests, or too many with a wrong token. `Retry-After` says in how many seconds it may go on.',
  internal: 'A fault in the server.',
  auth_unavailable:
    'The keys that tokens are verified with could not be read from `JWKS_URL` or `JWKS_FILE`, not even once.',
  event_toggled_off: 'The built-in subscriber, `POST /event`, was taken offline with `/toggle_post_event`.',
  overloaded: 'The bodies of other requests take all the memory that is set aside for them, 256 MiB.',
  shutting_down: '`GET /readyz` while the server stops.',
  store_unavailable:
    "The store could not be read or written, as on a full disk, or once the embedded store's files were deleted or replaced (the log's line `store.files_lost` says what to do). An answer to a publish also says what became of the message at each subscriber, and `stored: false` for those that it is lost to.",
  too_many_tails: 'As many readers of `GET /tail` are connected as `MAX_TAILS` allows.',
};
