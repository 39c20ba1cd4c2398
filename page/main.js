import { render } from 'preact';
import { follow } from './lib/live.js';
import { App } from './view/app.js';
import { html } from './view/html.js';

const root = document.getElementById('app');
if (!root) throw new Error('The page has no place for its content');
render(html`<${App} />`, root);
void follow();
