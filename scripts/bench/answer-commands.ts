/** What a child process can be asked, by name: each command takes one argument, and returns or resolves with its answer. */
export type Commands<C> = { readonly [Name in keyof C]: (argument: never) => unknown };

/** A command as it crosses to the child. */
export interface Request {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

/** What comes back: a value, or why there is none. */
export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly fault?: string;
}

/** Answers the parent's commands. The process ends with its parent, whatever became of that. */
export function answerCommands<C extends Commands<C>>(commands: C): void {
  const byName = new Map<string, (argument: unknown) => unknown>(Object.entries(commands));
  process.on('message', ({ id, name, argument }: Request) => {
    void answer(byName.get(name), argument).then((reply) => process.send?.({ id, ...reply }));
  });
  process.on('disconnect', () => process.exit());
}

async function answer(
  command: ((argument: unknown) => unknown) | undefined,
  argument: unknown,
): Promise<Omit<Reply, 'id'>> {
  try {
    if (!command) throw new Error('There is no such command');
    return { value: await command(argument) };
  } catch (error) {
    return { fault: error instanceof Error ? String(error.stack) : String(error) };
  }
}
