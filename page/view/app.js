import { BuiltIn } from './built-in.js';
import { Charts } from './charts.js';
import { Header } from './header.js';
import { html } from './html.js';
import { PublishForm } from './publish-form.js';
import { SubscribeForm } from './subscribe-form.js';
import { Tail } from './tail.js';
import { TokenForm } from './token-form.js';
import { Topics } from './topics.js';

/** The whole page. */
export function App() {
  return html`<a class="skip" href="#topics">Skip to topics and subscribers</a>
    <${Header} />
    <${TokenForm} />
    <main class="page">
      <${Charts} />
      <${Topics} />
      <div class="act">
        <${PublishForm} />
        <${SubscribeForm} />
        <${BuiltIn} />
      </div>
      <${Tail} />
    </main>`;
}
