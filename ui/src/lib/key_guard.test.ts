import { afterEach, describe, expect, it } from 'vitest';
import { guard, isKeyAllowed } from './key_guard';

type Press = KeyboardEventInit & { key: string; states?: string[] };

describe('a key with a modifier', () => {
  it.each<[string, Press]>([
    ['Super+t', { key: 't', metaKey: true }],
    ['Super+t, told by its state alone', { key: 't', states: ['Super'] }],
    ['Alt+d', { key: 'd', altKey: true }],
    ['Ctrl+r', { key: 'r', ctrlKey: true }],
    ['Ctrl+Shift+i', { key: 'I', ctrlKey: true, shiftKey: true }],
    ['Ctrl+p', { key: 'p', ctrlKey: true }],
    ['Ctrl+plus', { key: '+', ctrlKey: true }],
    ['Ctrl+z, which would bring a wiped password back', { key: 'z', ctrlKey: true }],
    ['Ctrl+c', { key: 'c', ctrlKey: true }],
    ['Ctrl+v', { key: 'v', ctrlKey: true }],
    ['Ctrl+V under Caps Lock', { key: 'V', ctrlKey: true }],
    ['Ctrl+x', { key: 'x', ctrlKey: true }],
    ['Ctrl+Insert', { key: 'Insert', ctrlKey: true }],
    ['Shift+Insert', { key: 'Insert', shiftKey: true }],
    ['the key that pastes', { key: 'Paste' }],
    ['Ctrl+Alt+v', { key: 'v', ctrlKey: true, altKey: true }],
    ['F5', { key: 'F5' }],
    ['F12', { key: 'F12' }],
    ['the menu key', { key: 'ContextMenu' }],
    ['Shift+F10', { key: 'F10', shiftKey: true }],
    ['the browser keys', { key: 'BrowserBack' }],
  ])('%s does nothing, in a field or not', (_, press) => {
    expect(isKeyAllowed(keydown(press), true)).toBe(false);
    expect(isKeyAllowed(keydown(press), false)).toBe(false);
  });

  it.each<[string, Press]>([
    ['Ctrl+a', { key: 'a', ctrlKey: true }],
    ['Ctrl+A under Caps Lock', { key: 'A', ctrlKey: true }],
    ['Ctrl+Left', { key: 'ArrowLeft', ctrlKey: true }],
    ['Ctrl+Backspace', { key: 'Backspace', ctrlKey: true }],
  ])('%s works in a field, and only there', (_, press) => {
    expect(isKeyAllowed(keydown(press), true)).toBe(true);
    expect(isKeyAllowed(keydown(press), false)).toBe(false);
  });

  it.each<[string, Press]>([
    ['a letter', { key: 'x' }],
    ['a capital', { key: 'X', shiftKey: true }],
    ['AltGr+q', { key: '@', states: ['AltGraph'] }],
    ['AltGr+q where AltGr is Ctrl and Alt', { key: '@', ctrlKey: true, altKey: true, states: ['AltGraph'] }],
    ['Tab', { key: 'Tab' }],
    ['Shift+Tab', { key: 'Tab', shiftKey: true }],
    ['a modifier alone', { key: 'Control', ctrlKey: true }],
    ['Escape', { key: 'Escape' }],
  ])('%s works', (_, press) => {
    expect(isKeyAllowed(keydown(press), true)).toBe(true);
  });
});

describe('the guarded page', () => {
  let unguard: () => void = () => undefined;
  afterEach(() => {
    unguard();
  });

  it.each(['contextmenu', 'dragstart', 'dragover', 'drop', 'copy', 'cut', 'paste'])('has no %s', (kind) => {
    unguard = guard(document);
    const event = new Event(kind, { bubbles: true, cancelable: true });

    document.body.dispatchEvent(event);

    expect(event.defaultPrevented).toBe(true);
  });

  it.each<[string, boolean]>([
    ['insertText', false],
    ['insertCompositionText', false],
    ['deleteContentBackward', false],
    ['insertFromPaste', true],
    ['insertFromPasteAsQuotation', true],
    ['insertFromDrop', true],
    ['insertFromYank', true],
  ])('takes into a field what is typed there alone: %s', (inputType, isStopped) => {
    unguard = guard(document);
    const event = Object.assign(new Event('beforeinput', { bubbles: true, cancelable: true }), { inputType });

    document.body.dispatchEvent(event);

    expect(event.defaultPrevented).toBe(isStopped);
  });

  it('keeps a foreign shortcut from everybody else who listens', () => {
    unguard = guard(document);
    let heard = 0;
    const listen = () => (heard += 1);
    document.addEventListener('keydown', listen);

    document.body.dispatchEvent(keydown({ key: 't', metaKey: true }));
    document.body.dispatchEvent(keydown({ key: 't' }));
    document.removeEventListener('keydown', listen);

    expect(heard).toBe(1);
  });

  it('is let go again', () => {
    guard(document)();
    const event = new Event('contextmenu', { bubbles: true, cancelable: true });

    document.body.dispatchEvent(event);

    expect(event.defaultPrevented).toBe(false);
  });
});

function keydown({ states = [], ...init }: Press): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init });
  event.getModifierState = (name) => states.includes(name);
  return event;
}
