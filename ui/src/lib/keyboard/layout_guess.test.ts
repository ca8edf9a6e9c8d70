import { describe, expect, it } from 'vitest';
import { layoutToldBy } from './layout_guess';

describe('the letter a key gives', () => {
  it.each([
    ['KeyY', 'z', 'qwertz'],
    ['KeyZ', 'y', 'qwertz'],
    ['KeyZ', 'Y', 'qwertz'],
    ['KeyQ', 'a', 'azerty'],
    ['KeyA', 'q', 'azerty'],
    ['KeyW', 'z', 'azerty'],
    ['KeyZ', 'w', 'azerty'],
    ['KeyS', 'o', 'other'],
    ['KeyA', 'ф', 'other'],
  ])('tells another layout than QWERTY: %s gives %s', (code, key, layout) => {
    expect(layoutToldBy(keydown({ code, key }))).toBe(layout);
  });

  it('takes a guess back when Z is where QWERTY has it', () => {
    expect(layoutToldBy(keydown({ code: 'KeyZ', key: 'z' }))).toBeNull();
  });

  it.each([
    ['a letter that many layouts share', { code: 'KeyE', key: 'e' }],
    ['a digit', { code: 'Digit1', key: '&' }],
    ['a sign', { code: 'Semicolon', key: 'm' }],
    ['a key with Ctrl', { code: 'KeyY', key: 'z', ctrlKey: true }],
    ['a key with Alt', { code: 'KeyQ', key: 'a', altKey: true }],
    ['a dead key', { code: 'KeyE', key: 'Dead' }],
    ['a key of the keyboard on screen, which has no place', { code: '', key: 'z' }],
  ])('tells nothing: %s', (_, press) => {
    expect(layoutToldBy(keydown(press))).toBeUndefined();
  });

  it('tells nothing with AltGr', () => {
    expect(layoutToldBy(keydown({ code: 'KeyQ', key: '@' }, ['AltGraph']))).toBeUndefined();
  });
});

function keydown(init: KeyboardEventInit, states: string[] = []): KeyboardEvent {
  const event = new KeyboardEvent('keydown', init);
  event.getModifierState = (name) => states.includes(name);
  return event;
}
