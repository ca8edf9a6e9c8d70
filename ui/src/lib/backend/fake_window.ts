import { FakeBackend, StoryBackend } from './fake';
import { SCENES } from './scenes';

/** What the browser tests reach for. */
export type WindowWithFake = Window & { tapwardFake?: FakeBackend };

/** The fake that `?fake=…` names, also left at the window for the tests; `?theme=` overrides the theme. */
export function fakeFromAddress(window: Window): FakeBackend | undefined {
  const asked = new URLSearchParams(window.location.search);
  const theme = asked.get('theme');
  if (theme !== null) {
    window.document.documentElement.dataset['theme'] = theme;
  }
  const name = asked.get('fake');
  if (name === null) {
    return undefined;
  }
  const fake = name === 'story' ? new StoryBackend() : new FakeBackend(SCENES[name]);
  (window as WindowWithFake).tapwardFake = fake;
  return fake;
}
