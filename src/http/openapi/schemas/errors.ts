import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from '../../../errors';
import type { JsonSchema } from '../document-types';
import { ERROR_TEXTS } from '../error-texts';
import { Note } from './words';

const CODES = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];

const CodeOfError = z.enum(CODES).meta({
  id: 'ErrorCode',
  description: CODES.map((code) => `\`${code}\`: ${ERROR_TEXTS[code]}`).join('\n'),
});

/** What every answer is that is not a success. */
export const ErrorAnswer = z
  .object({
    message: z.string().meta({ description: 'For a person: what to change. May be reworded.' }),
    code: CodeOfError,
    errors: z
      .array(
        z.object({
          path: z.string().meta({ description: 'The field or parameter at fault.' }),
          message: Note,
        }),
      )
      .exactOptional()
      .meta({ description: 'There when fields of the body or parameters are at fault.' }),
  })
  .meta({ id: 'Error' });

/** Of one of these codes. */
export function errorOf(codes: readonly ErrorCode[]): JsonSchema {
  return { $ref: '#/components/schemas/Error', properties: { code: { enum: [...codes] } } };
}

/** What a line of a batch is answered that was not published. */
export const LineFault = z
  .object({
    status: z.int().min(400).max(599),
    message: Note,
    code: CodeOfError,
  })
  .meta({ id: 'LineFault' });
