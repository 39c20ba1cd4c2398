import type { Message } from '../model';
import type { Envelope } from './push-client';

/**
 * Builds what is pushed for a message, once for all its subscribers and attempts. The publisher's JSON text is spliced
 * in as it came and never parsed, so that numbers, key order, escapes and white space survive.
 */
export function buildEnvelope({ id, topic, timestamp, data, trace }: Message): Envelope {
  const head = `{"id":${JSON.stringify(id)},"topic":${JSON.stringify(topic)},"timestamp":"${timestamp}","data":`;
  const body = Buffer.from(`${head}${data}}`);
  return trace ? { messageId: id, body, trace } : { messageId: id, body };
}
