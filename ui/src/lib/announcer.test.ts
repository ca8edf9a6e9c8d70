import { expect, it } from 'vitest';
import { Announcer } from './announcer.svelte';

it('says the same sentence twice as two different texts, so that it is read twice', () => {
  const announcer = new Announcer();

  announcer.say('Type it again.');
  const first = announcer.text;
  announcer.say('Type it again.');
  const second = announcer.text;
  announcer.say('Type it again.');

  expect(second).not.toBe(first);
  expect(second.trim()).toBe(first);
  expect(announcer.text).toBe(first);
});
