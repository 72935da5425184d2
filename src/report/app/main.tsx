import { render } from 'preact';
import { App } from './app.js';
import { readData } from './data.js';
import './style/base.css';
import './style/verdicts.css';
import './style/tables.css';
import './style/panel.css';
import './style/print.css';

// The static page stays where it is until the app has rendered: if anything fails, it remains to be read.
const place = document.getElementById('app') as HTMLElement;
const root = document.createElement('div');
root.id = 'app';
render(<App data={readData()} />, root);
place.replaceWith(root);
document.documentElement.classList.add('live');
