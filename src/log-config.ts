import { z } from 'zod';
import { oneOf } from './config-values';

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LEVELS)[number];

/** The parts of the program whose lines can have a level of their own. */
const COMPONENTS = ['http', 'broker', 'store'] as const;
export type LogComponent = (typeof COMPONENTS)[number];

const FORMATS = ['json', 'pretty'] as const;

/** What is logged, and how. */
export interface LogConfig {
  readonly level: LogLevel;
  /** Absent: pretty on a terminal, otherwise json. */
  readonly format?: (typeof FORMATS)[number];
  /** The components with another level than `level`. */
  readonly levels: Readonly<Partial<Record<LogComponent, LogLevel>>>;
}

const PAIR = new RegExp(`^(${COMPONENTS.join('|')})=(${LEVELS.join('|')})$`);

const levels = z
  .string()
  .refine(
    (text) => pairsOf(text).every((pair) => PAIR.test(pair)),
    `must be pairs such as http=debug,broker=warn; the components are ${COMPONENTS.join(', ')}, the levels as in LOG_LEVEL`,
  );

function pairsOf(text: string): string[] {
  return text.split(',').map((pair) => pair.trim());
}

/** One entry per variable in .env.example, in the same order. */
export const LOG_VARIABLES = {
  LOG_LEVEL: oneOf(LEVELS).default('info'),
  LOG_LEVELS: levels.optional(),
  LOG_FORMAT: oneOf(FORMATS).optional(),
};

export function logConfig(values: z.output<z.ZodObject<typeof LOG_VARIABLES>>): LogConfig {
  return {
    level: values.LOG_LEVEL,
    ...(values.LOG_FORMAT !== undefined && { format: values.LOG_FORMAT }),
    levels: values.LOG_LEVELS === undefined ? {} : levelsOf(values.LOG_LEVELS),
  };
}

function levelsOf(text: string): LogConfig['levels'] {
  return Object.fromEntries(pairsOf(text).map((pair) => pair.split('='))) as LogConfig['levels'];
}
