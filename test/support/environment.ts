import NodeEnvironment from 'jest-environment-node';
import { answerFaults } from './answer-faults';
import './compile-once';

/** What test files have from outside their scope, which is made anew for each. */
export interface KeptOverFiles {
  /** To compile the description of the interface for each file took a twelfth of the integration tests' time. */
  readonly answerFaults: typeof answerFaults;
}

export default class Environment extends NodeEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    const kept: KeptOverFiles = { answerFaults };
    Object.assign(this.global, kept);
  }
}
