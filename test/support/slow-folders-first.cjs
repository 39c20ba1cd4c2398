const { default: Sequencer } = require('@jest/test-sequencer');

/** What starts processes and browsers, or meets every store, comes first. */
const SLOW = ['e2e', 'browser', 'contract', 'integration'];

/**
 * Long tests first, so that no worker is idle while the last one runs. Jest orders by how long a test took; where that is
 * not known, as in a new clone, it goes by the size of the file, which says nothing. Not TypeScript, since jest loads it as
 * it is.
 */
module.exports = class SlowFoldersFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    if (sorted.some(({ duration }) => duration !== undefined && duration !== null)) return sorted;
    return sorted.sort((one, other) => rankOf(one) - rankOf(other));
  }
};

function rankOf({ path }) {
  const rank = SLOW.findIndex((folder) => path.includes(`/test/${folder}/`));
  return rank === -1 ? SLOW.length : rank;
}
