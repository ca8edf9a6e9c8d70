import { describe, expect, it } from 'vitest';
import { LANGUAGES } from './words';

describe.each(Object.entries(LANGUAGES))('the words in %s', (language, words) => {
  it('name their language', () => {
    expect(words.language).toBe(language);
  });

  it('are sentences for people: none is empty, shouts, blames or speaks of the machinery', () => {
    for (const text of texts(words)) {
      expect(text.trim()).not.toBe('');
      expect(text).not.toMatch(/!|\b(error|failed|invalid|illegal|IPC|null|undefined|exception|token|TOTP|HTTP|SQL)\b/i);
    }
  });

  it('write a countdown as minutes and seconds', () => {
    expect([0, 9, 60, 105, 900].map((seconds) => words.countdown(seconds))).toEqual(['0:00', '0:09', '1:00', '1:45', '15:00']);
  });
});

/** Every text that needs no parameter. */
function texts(part: object): string[] {
  return Object.values(part).flatMap((value: unknown) => {
    if (typeof value === 'string') {
      return [value];
    }
    return typeof value === 'object' && value !== null ? texts(value) : [];
  });
}
