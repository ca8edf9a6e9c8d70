import { afterEach, describe, expect, it } from 'vitest';
import { followTheme } from './theme';

describe('the theme', () => {
  afterEach(() => {
    delete document.documentElement.dataset['theme'];
  });

  it.each([
    { asked: [], shown: 'light' },
    { asked: ['(prefers-color-scheme: dark)'], shown: 'dark' },
    { asked: ['(prefers-contrast: more)'], shown: 'contrast' },
    { asked: ['(prefers-contrast: more)', '(prefers-color-scheme: dark)'], shown: 'contrast' },
  ])('is $shown when the system asks for $asked', ({ asked, shown }) => {
    followTheme(document, new System(asked).matchMedia);

    expect(document.documentElement.dataset['theme']).toBe(shown);
  });

  it('follows when the system changes its mind, until it is let go', () => {
    const system = new System([]);
    const stop = followTheme(document, system.matchMedia);

    system.ask(['(prefers-color-scheme: dark)']);
    expect(document.documentElement.dataset['theme']).toBe('dark');
    stop();
    system.ask([]);

    expect(document.documentElement.dataset['theme']).toBe('dark');
  });

  it('is left alone where it was set by hand', () => {
    document.documentElement.dataset['theme'] = 'contrast';

    followTheme(document, new System(['(prefers-color-scheme: dark)']).matchMedia);

    expect(document.documentElement.dataset['theme']).toBe('contrast');
  });
});

/** A system with wishes of its own. */
class System {
  #asked: string[];
  readonly #listeners = new Set<() => void>();

  constructor(asked: string[]) {
    this.#asked = asked;
  }

  ask(asked: string[]): void {
    this.#asked = asked;
    for (const listen of this.#listeners) {
      listen();
    }
  }

  readonly matchMedia = (query: string): MediaQueryList => {
    const isAsked = () => this.#asked.includes(query);
    return {
      get matches() {
        return isAsked();
      },
      addEventListener: (_: string, listen: () => void) => this.#listeners.add(listen),
      removeEventListener: (_: string, listen: () => void) => this.#listeners.delete(listen),
    } as unknown as MediaQueryList;
  };
}
