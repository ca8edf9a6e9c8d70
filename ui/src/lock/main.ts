import '../lib/styles/tokens.css';
import '../lib/styles/base.css';
import { mount } from 'svelte';
import { chooseBackend } from '../lib/backend/choose';
import { followTheme } from '../lib/theme';
import App from './App.svelte';

const target = document.getElementById('app');
if (target !== null) {
  const backend = await chooseBackend();
  followTheme(document, (query) => window.matchMedia(query));
  mount(App, { target, props: { backend } });
}
