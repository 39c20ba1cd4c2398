import type { CliResult } from './cli-output';
import { CliRun, herald } from './cli-run';
import { HeraldClient } from './herald-client';
import { Receiver } from './receiver';
import { startTestService, type TestService } from './start-test-service';

/** A server, a client of it and an endpoint, with the command line to try on them. */
export class CliScene {
  private constructor(
    readonly service: TestService,
    readonly client: HeraldClient,
    readonly receiver: Receiver,
  ) {}

  static async start(): Promise<CliScene> {
    const service = await startTestService();
    return new CliScene(service, new HeraldClient(service), await Receiver.start());
  }

  /** Ends what was run, too. */
  async close(): Promise<void> {
    await CliRun.endAll();
    await this.receiver.close();
    await this.service.close();
  }

  /** What commands find in their environment. */
  get env(): Readonly<Record<string, string>> {
    return { HERALD_URL: this.service.url };
  }

  /** Runs a command to its end. */
  run = (...args: string[]): Promise<CliResult> => herald(args, { env: this.env });

  /** What a command prints with `--json`. */
  json = async (...args: string[]): Promise<unknown> =>
    JSON.parse((await this.run(...args, '--json')).stdout) as unknown;
}
