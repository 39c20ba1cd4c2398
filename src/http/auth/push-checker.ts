import type { Request } from 'express';
import { HeraldError } from '../../errors';
import { InvalidWebhookError, verifyWebhook } from '../../verify';

/** RFC 9110 §11.6.1 asks for a challenge with every 401; this is what takes a signature for one. */
const CHALLENGE = 'Standard-Webhooks realm="herald"';

/**
 * Makes a check that a request is a push of this server, by its signature. It throws HeraldError `unauthorized`.
 *
 * @param secretsOf the secrets that are in force when it is asked
 */
export function pushChecker(secretsOf: () => readonly string[]): (req: Request, text: string) => void {
  return (req, text) => {
    try {
      verifyWebhook(req.headers, text, secretsOf());
    } catch (cause) {
      if (!(cause instanceof InvalidWebhookError)) throw cause;
      req.res?.set('WWW-Authenticate', CHALLENGE);
      throw new HeraldError('unauthorized', `Only signed pushes are received here: ${cause.message}`, [], {
        cause,
      });
    }
  };
}
