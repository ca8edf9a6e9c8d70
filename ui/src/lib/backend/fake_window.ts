import type { Language } from '../generated/bindings';
import { LANGUAGES } from '../messages/words';
import { FakeBackend, StoryBackend } from './fake';
import { SCENES } from './scenes';

/** What the browser tests reach for. */
export type WindowWithFake = Window & { tapwardFake?: FakeBackend };

/** The fake that `?fake=…` names, also left at the window for the tests; `?theme=` and `?language=` say how it looks. */
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
  const language = (Object.keys(LANGUAGES) as Language[]).find((known) => known === asked.get('language'));
  const fake = name === 'story' ? new StoryBackend(language) : new FakeBackend(SCENES[name], language);
  (window as WindowWithFake).tapwardFake = fake;
  return fake;
}
