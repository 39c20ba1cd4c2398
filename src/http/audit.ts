import type { Request } from 'express';
import type { Logger } from '../logger';
import { principalOf } from './auth/principal';
import { requestIdOf } from './middleware/request-id';

/** What is worth a line of its own to whoever asks later who did what. */
export type AuditEvent =
  | 'audit.subscribed'
  | 'audit.unsubscribed'
  | 'audit.settings_changed'
  | 'audit.secret_rotated'
  | 'audit.acked'
  | 'audit.purged'
  | 'audit.replayed'
  | 'audit.event_toggled';

/** Logs who did what, from where. Never give it a secret or a token. */
export function audit(log: Logger, req: Request, event: AuditEvent, details: object): void {
  const requestId = req.res && requestIdOf(req.res);
  log.info({ actor: actorOf(req), ip: req.ip, ...details, request_id: requestId }, event);
}

function actorOf(req: Request): string {
  const principal = principalOf(req);
  if (principal.kind === 'token') return principal.subject ?? 'a token without subject';
  return principal.kind === 'capability' ? 'the subscriber' : 'anonymous';
}
