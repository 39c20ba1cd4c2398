import { constants, setPriority } from 'node:os';
import { answerCommands } from '../../scripts/bench/answer-commands';
import { type Misbehaviour, type RawReceiver, startMisbehaving } from './misbehaving';

export interface MisbehavingCommands {
  /** Starts an endpoint of each kind, and says their URLs. */
  start(kinds: readonly Misbehaviour[]): Promise<string[]>;
  /** How many connections each of them has open now. */
  openConnections(options: null): number[];
}

// What a subscriber spends on its own misbehaviour is spent on a machine of its own; here, when nobody else needs it.
setPriority(constants.priority.PRIORITY_LOW);

let endpoints: readonly RawReceiver[] = [];

answerCommands<MisbehavingCommands>({
  start: async (kinds) => {
    endpoints = await Promise.all(kinds.map((kind) => startMisbehaving(kind)));
    return endpoints.map(({ url }) => url);
  },
  openConnections: () => endpoints.map(({ openConnections }) => openConnections),
});
