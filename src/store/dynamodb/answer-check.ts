import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { UnreadableAnswerError } from './faults';

const OPENING_BRACE = 0x7b;

interface Answer {
  readonly statusCode: number;
  body: unknown;
}

/**
 * Lets the client take only a JSON object for success, as all of DynamoDB's answers are. The SDK itself reads an empty
 * body, or `null`, as that of a change that was made, or a query that found nothing.
 *
 * The client's requests reject with UnreadableAnswerError then.
 */
export function checkAnswers(client: DynamoDBClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const output = await next(args);
      const answer = output.response as Answer;
      if (answer.statusCode !== 200) return output;
      const bytes = await bytesOf(answer.body as AsyncIterable<Uint8Array>);
      if (bytes[0] !== OPENING_BRACE) {
        throw new UnreadableAnswerError(`an answer of ${bytes.length} bytes that is no JSON object`);
      }
      // The stream is used up; the SDK reads bytes just as well.
      answer.body = bytes;
      return output;
    },
    { step: 'deserialize', priority: 'low', name: 'checkAnswers' },
  );
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}
