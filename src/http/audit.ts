import type { Request } from 'express';
import type { Logger } from '../logger';
import { principalOf } from './auth/principal';

/** What is worth a line of its own to whoever asks later who did what. */
export type AuditEvent =
  | 'audit.subscribed'
  | 'audit.unsubscribed'
  | 'audit.settings_changed'
  | 'audit.secret_rotated'
  | 'audit.acked'
  | 'audit.purged'
  | 'audit.replayed'
  | 'audit.event_toggled'
  | 'audit.refused'
  | 'audit.limited';

/** Logs who did what, from where. Never give it a secret or a token. */
export function audit(log: Logger, req: Request, event: AuditEvent, details: object): void {
  log.info({ actor: actorOf(req), ip: req.ip, ...details }, event);
}

function actorOf(req: Request): string {
  const principal = principalOf(req);
  if (principal.kind === 'token') return principal.subject ?? 'a token without subject';
  return principal.kind === 'capability' ? 'the subscriber' : 'anonymous';
}
