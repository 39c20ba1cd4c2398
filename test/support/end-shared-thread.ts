import { endSharedThread } from './shared-thread';

// Runs with every test file.
afterAll(endSharedThread);
