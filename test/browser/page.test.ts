import { describeInBrowser } from '../support/browser';
import { describeAccessibility } from './accessibility.suite';
import { describeReadingOfJson } from './json-text.suite';
import { describeLarge } from './large.suite';
import { describeLive } from './live.suite';
import { describeWalk } from './walk.suite';

// In one browser: to start one costs as much as many a test.
describeInBrowser('the page', (browser) => {
  describeReadingOfJson(browser);
  describeAccessibility(browser);
  describeWalk(browser);
  describeLarge(browser);
  describeLive(browser);
});
