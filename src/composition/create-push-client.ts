import type { Clock } from '../clock';
import { AxiosPushClient, type SignPush } from '../delivery/axios-push-client';
import type { PushClient } from '../delivery/push-client';
import { Signer } from '../delivery/signature';
import type { TargetGuard } from '../delivery/target-guard';
import { programVersion } from '../version';

/** @param secretsOf the secrets that a subscriber's pushes are signed with */
export function createPushClient(
  clock: Clock,
  guard: TargetGuard,
  secretsOf: (url: string) => readonly string[],
): PushClient {
  const signer = new Signer();
  const sign: SignPush = (url, id, seconds, body) => {
    const secrets = secretsOf(url);
    return secrets.length === 0 ? null : signer.sign(id, seconds, body, secrets);
  };
  return new AxiosPushClient({ clock, version: programVersion(), guard, sign });
}
