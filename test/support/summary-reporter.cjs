/**
 * Ends a run's report with its counts as one line that stands alone and has no colours, for whoever reads it by program:
 * `Tests: 12 passed, 0 failed`, with `, 1 skipped` where some were. Not TypeScript, since jest loads reporters as they are.
 */
module.exports = class SummaryReporter {
  onRunComplete(_contexts, counts) {
    // A file that could not be loaded has no tests to count, and must not look like success.
    const failed = counts.numFailedTests + counts.numRuntimeErrorTestSuites;
    const skipped = counts.numPendingTests + counts.numTodoTests;
    const rest = skipped > 0 ? `, ${skipped} skipped` : '';
    const line = `Tests: ${counts.numPassedTests} passed, ${failed} failed${rest}`;
    // Jest's own summary and its warnings come after all other reporters; where it writes them, this is then the last.
    process.once('exit', () => process.stderr.write(`\n${line}\n`));
  }
};
