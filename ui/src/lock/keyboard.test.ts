import { describe, expect, it, vi } from 'vitest';
import { SCENES, SIGNED_OUT, concealed } from '../lib/backend/scenes';
import { en as words } from '../lib/messages/en';
import { es } from '../lib/messages/es';
import { Bedside } from './test_bedside';

const { keyboard } = words;

describe('the keyboard on screen', () => {
  it('is hidden until it is asked for', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    expect(board()).toBeNull();

    await bedside.click(bedside.button(keyboard.show));
    expect(board()).not.toBeNull();

    await bedside.click(bedside.button(keyboard.hide));
    expect(board()).toBeNull();
  });

  it('goes by a key of its own, also from the digits', async () => {
    const bedside = await Bedside.at(SCENES['second_factor']);
    await bedside.click(bedside.button(keyboard.show));

    await strike(bedside, keyboard.hide);

    expect(board()).toBeNull();
  });

  it.each([
    ['touch', true],
    ['pen', true],
    ['mouse', false],
  ])('comes with a field that is entered by %s: %s', async (pointerType, comes) => {
    const bedside = await Bedside.at(SIGNED_OUT);

    await point(bedside, bedside.name, pointerType);

    expect(board() !== null).toBe(comes);
    expect(bedside.backend.sent).toEqual([]);
  });

  it('does not come with a finger on anything else', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);

    await point(bedside, bedside.button('Español'), 'touch');

    expect(board()).toBeNull();
  });

  it('signs her in from the first key to Enter', async () => {
    const bedside = await shown();

    await strike(bedside, 'm', 'a', 'r', 'i', 'a', keyboard.enter);
    expect(document.activeElement).toBe(bedside.password);
    await strike(bedside, keyboard.shift, 'p', 'w', keyboard.space, keyboard.symbols, '#', '7', keyboard.enter);

    expect(bedside.backend.sent).toEqual([{ kind: 'sign_in', name: 'maria', password: 'Pw #7' }]);
  });

  it('types where the caret is, and takes back before it', async () => {
    const bedside = await shown();
    await bedside.fill(bedside.name, 'mria');
    bedside.name.setSelectionRange(1, 1);

    await strike(bedside, 'x', keyboard.backspace, 'a');

    expect(bedside.name.value).toBe('maria');
    expect(bedside.name.selectionStart).toBe(2);
  });

  it('replaces what is marked, and takes back a whole character', async () => {
    const bedside = await shown();
    await bedside.fill(bedside.name, 'ab🩺');
    await strike(bedside, keyboard.backspace);
    expect(bedside.name.value).toBe('ab');

    bedside.name.setSelectionRange(0, 2);
    await strike(bedside, 'z');

    expect(bedside.name.value).toBe('z');
    await strike(bedside, keyboard.backspace, keyboard.backspace);
    expect(bedside.name.value).toBe('');
  });

  it('goes where every key goes: what is forbidden to a key is forbidden to it', async () => {
    const bedside = await shown();
    const forbid = (event: Event) => {
      event.preventDefault();
    };
    document.addEventListener('keydown', forbid, { capture: true });

    await strike(bedside, 'x');
    document.removeEventListener('keydown', forbid, { capture: true });

    expect(bedside.name.value).toBe('');
  });

  it('shifts one letter, or all of them when pressed twice', async () => {
    const bedside = await shown();

    await strike(bedside, keyboard.shift, 'a', 'b', keyboard.shift, keyboard.shift, 'c', 'd', keyboard.shift, 'e');

    expect(bedside.name.value).toBe('AbCDe');
  });

  it('has ñ and accents for a password in Spanish', async () => {
    const bedside = await shown();
    await bedside.speak('es');
    bedside.password.focus();

    await strike(bedside, 'ñ', es.keyboard.accents, 'á', es.keyboard.shift, 'é', '¿');

    expect(bedside.password.value).toBe('ñáÉ¿');
  });

  it('shows digits alone for the code, sends it at the sixth, and types nothing while the server is asked', async () => {
    const bedside = await Bedside.at(SCENES['second_factor']);
    await bedside.click(bedside.button(keyboard.show));
    expect(board()?.dataset['layer']).toBe('digits');

    await strike(bedside, '1', '2', '3', '4', '5', '6');
    await bedside.show({ kind: 'asking', step: 'second_factor', is_slow: false });
    await strike(bedside, '7');

    expect(bedside.backend.sent).toEqual([{ kind: 'code', code: '123456' }]);
    expect(bedside.code.value).toBe('');
  });

  it('sends a PIN', async () => {
    const bedside = await Bedside.at(SCENES['pin_wanted']);
    await bedside.click(bedside.button(keyboard.show));

    await strike(bedside, '1', '2', '3', '4', '5', '6', '7', keyboard.enter);

    expect(bedside.backend.sent).toEqual([{ kind: 'pin', pin: '1234567' }]);
  });

  it('stays from the password to the code, which are one sign-in', async () => {
    const bedside = await shown();

    await bedside.show({ kind: 'asking', step: 'first_factor', is_slow: false });
    await bedside.show(SCENES['second_factor'] ?? SIGNED_OUT);

    expect(board()?.dataset['layer']).toBe('digits');
  });

  it.each(['opening', 'signing_out', 'starting'])('is gone for the next person after %s', async (name) => {
    const bedside = await shown();

    await bedside.show(SCENES[name] ?? SIGNED_OUT);
    expect(board()).toBeNull();
    await bedside.show(SIGNED_OUT);

    expect(board()).toBeNull();
  });

  it('goes by itself when nobody has touched anything for a minute, and waits for nothing then', async () => {
    const bedside = await shown();
    await strike(bedside, 'm');
    await bedside.wait(59_000);
    expect(board()).not.toBeNull();

    await bedside.wait(1_000);

    expect(board()).toBeNull();
    expect(bedside.name.value).toBe('');
    await bedside.wait(2_000);
    expect(vi.getTimerCount()).toBe(1);
  });

  it('keeps nothing of what was typed in the page', async () => {
    const bedside = await Bedside.at(concealed());
    await bedside.click(bedside.button(keyboard.show));

    await strike(bedside, 'h', 'u', 'n', 't', 'e', 'r', '2');

    expect(bedside.password.value).toBe('hunter2');
    expect(document.documentElement.outerHTML).not.toContain('hunter2');
    await strike(bedside, keyboard.enter);
    expect(document.documentElement.outerHTML).not.toContain('hunter2');
    expect(bedside.password.value).toBe('');
  });

  it('types for somebody who moves over its keys by Tab, whose focus stays on the key', async () => {
    const bedside = await shown();
    const key = bedside.button('q');

    key.focus();
    key.click();
    await bedside.wait(0);

    expect(bedside.name.value).toBe('q');
    expect(document.activeElement).toBe(key);
  });

  it('leaves the focus in the field when a key is clicked', async () => {
    const bedside = await shown();
    const press = new MouseEvent('mousedown', { bubbles: true, cancelable: true });

    bedside.button('q').dispatchEvent(press);

    expect(press.defaultPrevented).toBe(true);
  });

  it.each(Object.entries(SCENES))('is offered where something can be typed, and nowhere else: %s', async (_, scene) => {
    const bedside = await Bedside.at(scene);
    const labels = [...document.querySelectorAll('button')].map((button) => button.getAttribute('aria-label'));

    expect(labels.includes(keyboard.show)).toBe(['signed_out', 'asking', 'second_factor', 'concealed'].includes(scene.screen.kind));
    expect(bedside.backend.sent).toEqual([]);
  });
});

describe('the layout of a keyboard', () => {
  it('is named beside the password when the name was typed on another than QWERTY', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);

    await bedside.press('z', { code: 'KeyY' });
    expect(bedside.text).not.toContain(words.signedOut.layout.qwertz);
    bedside.password.focus();
    await bedside.wait(0);

    expect(bedside.text).toContain('Keyboard: QWERTZ?');
    expect(bedside.password.getAttribute('aria-describedby')).toBe('password-layout');
  });

  it('is not named on QWERTY', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);

    for (const key of 'qwyz') {
      await bedside.press(key, { code: `Key${key.toUpperCase()}` });
    }
    bedside.password.focus();
    await bedside.wait(0);

    expect(bedside.text).not.toContain('Keyboard:');
  });

  it('is never read from a password, which it would betray a letter of', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    bedside.password.focus();

    await bedside.press('z', { code: 'KeyY' });
    await bedside.press('a', { code: 'KeyQ' });

    expect(bedside.text).not.toContain('Keyboard:');
  });

  it('is never read from the password of a concealed session, first key included', async () => {
    const bedside = await Bedside.at(concealed());

    await bedside.press('z', { code: 'KeyY' });

    expect(bedside.password.value).toBe('z');
    expect(bedside.text).not.toContain('Keyboard:');
  });

  it('is forgotten with what was typed', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    await bedside.press('z', { code: 'KeyY' });

    await bedside.press('Escape');
    bedside.password.focus();
    await bedside.wait(0);

    expect(bedside.text).not.toContain('Keyboard:');
  });
});

function board(): HTMLElement | null {
  return document.querySelector<HTMLElement>('.keyboard');
}

/** The signed-out screen with the keyboard, and the caret in the name. */
async function shown(): Promise<Bedside> {
  const bedside = await Bedside.at(SIGNED_OUT);
  bedside.name.focus();
  await bedside.click(bedside.button(keyboard.show));
  return bedside;
}

/** Presses keys by what is on them, or by their names. */
async function strike(bedside: Bedside, ...keys: string[]): Promise<void> {
  for (const key of keys) {
    const found = [...(board()?.querySelectorAll('button') ?? [])].find(
      (button) => button.getAttribute('aria-label')?.replace(/^(abc|\?123|áü) /, '') === key || button.textContent.trim().toLowerCase() === key.toLowerCase(),
    );
    if (found === undefined) {
      throw new Error(`There is no key ${key}.`);
    }
    await bedside.click(found);
  }
}

async function point(bedside: Bedside, element: HTMLElement, pointerType: string): Promise<void> {
  const event = new PointerEvent('pointerdown', { bubbles: true, cancelable: true, pointerType });
  event.getModifierState = () => false;
  element.dispatchEvent(event);
  element.focus();
  element.click();
  await bedside.wait(0);
}
