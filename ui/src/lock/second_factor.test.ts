import { describe, expect, it } from 'vitest';
import { noticed, scene } from '../lib/backend/scenes';
import type { FactorWanted, ScreenView } from '../lib/generated/bindings';
import { en as words } from '../lib/messages/en';
import { Bedside } from './test_bedside';

const ASKED: ScreenView = { kind: 'second_factor', wants: 'totp', is_loss: false, expires_in_ms: 118_000, tries_left: 5, is_refused: false };
const REFUSED: ScreenView = { kind: 'second_factor', wants: 'totp', is_loss: false, expires_in_ms: 90_000, tries_left: 3, is_refused: true };
const ASKING: ScreenView = { kind: 'asking', step: 'second_factor', is_slow: false };

describe('the six boxes', () => {
  it('have the focus at once and submit by themselves at the sixth digit', async () => {
    const bedside = await Bedside.at(ASKED);
    expect(document.activeElement).toBe(bedside.code);

    await bedside.type('12345');
    expect(bedside.backend.sent).toEqual([]);
    await bedside.type('6');

    expect(bedside.backend.sent).toEqual([{ kind: 'code', code: '123456' }]);
  });

  it.each(['123456', '123 456', ' 123-456\n', '1234567890'])('take %j at once', async (given) => {
    const bedside = await Bedside.at(ASKED);

    await bedside.fill(bedside.code, given);

    expect(bedside.backend.sent).toEqual([{ kind: 'code', code: '123456' }]);
  });

  it('take digits alone', async () => {
    const bedside = await Bedside.at(ASKED);

    await bedside.type('1a2 b3');

    expect(bedside.code.value).toBe('123');
    expect(boxes()).toEqual(['1', '2', '3', '', '', '']);
    expect(bedside.backend.sent).toEqual([]);
  });

  it('hold nothing any more once the code is sent', async () => {
    const bedside = await Bedside.at(ASKED);

    await bedside.fill(bedside.code, '123456');

    expect(bedside.code.value).toBe('');
    expect(document.documentElement.outerHTML).not.toContain('123456');
  });

  it('send each code once, however the server is waited for', async () => {
    const bedside = await Bedside.at(ASKED);
    await bedside.fill(bedside.code, '123456');

    await bedside.show(ASKING);
    expect(bedside.code.disabled).toBe(true);
    await bedside.show({ ...ASKING, is_slow: true });
    await bedside.wait(150);

    expect(bedside.text).toContain(words.asking.second_factor.slow);
    expect(bedside.backend.sent).toHaveLength(1);
  });

  it('take the next digits when the focus was lost', async () => {
    const bedside = await Bedside.at(ASKED);
    bedside.code.blur();

    await bedside.press('7');

    expect(document.activeElement).toBe(bedside.code);
    expect(bedside.code.value).toBe('7');
  });
});

describe('the code screen', () => {
  it('counts down, also while the server is asked', async () => {
    const bedside = await Bedside.at(ASKED);
    expect(bedside.text).toContain('1:58 left');

    await bedside.wait(10_000);
    expect(bedside.text).toContain('1:48 left');
    await bedside.show(ASKING);
    await bedside.wait(3_000);

    expect(bedside.text).toContain('1:45 left');
  });

  it('speaks the time at 60, 30 and 10 seconds only', async () => {
    const bedside = await Bedside.at({ ...ASKED, expires_in_ms: 61_000 } as ScreenView);
    const heard = [bedside.heard];

    for (let second = 0; second < 62; second += 1) {
      await bedside.wait(1_000);
      if (bedside.heard !== heard.at(-1)) {
        heard.push(bedside.heard);
      }
    }

    expect(heard).toEqual([words.secondFactor.next, '60 seconds left', '30 seconds left', '10 seconds left', words.secondFactor.timeOver]);
  });

  it('says when a code was refused, how many tries are left, and waits for the next', async () => {
    const bedside = await Bedside.at(ASKED);
    await bedside.fill(bedside.code, '000000');
    await bedside.show(ASKING);

    await bedside.show(REFUSED);

    expect(bedside.text).toContain(words.secondFactor.refused);
    expect(bedside.text).toContain('3 tries left');
    expect(bedside.heard).toBe(`${words.secondFactor.refused} 3 tries left.`);
    expect(document.activeElement).toBe(bedside.code);
    expect(boxes()).toEqual(['', '', '', '', '', '']);
  });

  it('names the last try', async () => {
    const bedside = await Bedside.at({ ...REFUSED, tries_left: 1 } as ScreenView);

    expect(bedside.text).toContain('Last try');
  });

  it.each([ASKED, ASKING])('is left by Escape and by Cancel: %j', async (screen) => {
    const bedside = await Bedside.at(ASKED);
    await bedside.type('12');
    await bedside.show(screen);

    await bedside.press('Escape');
    await bedside.click(bedside.button('Cancel'));

    expect(bedside.backend.sent).toEqual([{ kind: 'cancel' }, { kind: 'cancel' }]);
    expect(bedside.code.value).toBe('');
  });

  it('stands without numbers on a page that was loaded while the server was asked', async () => {
    const bedside = await Bedside.at(scene(ASKING));

    expect(bedside.text).not.toContain('left');
    expect(boxes()).toHaveLength(6);
  });

  it('keeps no digit for the next person', async () => {
    const bedside = await Bedside.at(ASKED);
    await bedside.type('123');

    await bedside.show(noticed({ kind: 'challenge_over' }));
    await bedside.show(ASKED);

    expect(bedside.code.value).toBe('');
    expect(bedside.backend.sent).toEqual([]);
  });
});

describe('what else may be missing', () => {
  it.each([
    ['password', words.wanted.password],
    ['pin', words.wanted.pin],
  ] as const)('is asked of her whom the badge named, with the caret where she types: %s', async (wants, said) => {
    const bedside = await Bedside.at(wanted(wants));

    expect(bedside.text).toContain(`Maria O. ${said.title}`);
    expect(bedside.text).toContain(said.next);
    expect(bedside.heard).toBe(`Maria O.: ${said.next}`);
    expect(document.activeElement).toBe(field(wants));
    expect(field(wants).type).toBe('password');
    expect(bedside.text).toContain('1:58 left');
  });

  it('is a code as well, under her name', async () => {
    const bedside = await Bedside.at(wanted('totp'));

    expect(bedside.text).toContain(`Maria O. ${words.secondFactor.title}`);
    expect(boxes()).toHaveLength(6);
  });

  it('sends the password as typed, once, and keeps nothing of it', async () => {
    const bedside = await Bedside.at(wanted('password'));

    await bedside.type(' pä55 w');
    await bedside.press('Enter');
    await bedside.press('Enter');

    expect(bedside.backend.sent).toEqual([{ kind: 'password', password: ' pä55 w' }]);
    expect(field('password').value).toBe('');
    expect(bedside.text).toContain(words.wanted.password.next);
  });

  it.each(['123456', '123456789012'])('sends a PIN of 6 to 12 digits: %s', async (pin) => {
    const bedside = await Bedside.at(wanted('pin'));

    await bedside.type(pin);
    expect(bedside.backend.sent).toEqual([]);
    await bedside.press('Enter');

    expect(bedside.backend.sent).toEqual([{ kind: 'pin', pin }]);
  });

  it.each(['', '12345', '1234567890123'])('says how long a PIN is instead of sending %j, and cuts nothing off', async (pin) => {
    const bedside = await Bedside.at(wanted('pin'));

    await bedside.type(pin);
    await bedside.press('Enter');

    expect(bedside.text).toContain(words.pin.length);
    expect(field('pin').getAttribute('aria-invalid')).toBe('true');
    expect(field('pin').value).toBe(pin);
    expect(bedside.backend.sent).toEqual([]);
  });

  it('takes digits alone for a PIN', async () => {
    const bedside = await Bedside.at(wanted('pin'));

    await bedside.type('1a2 b3');

    expect(field('pin').value).toBe('123');
  });

  it.each(['password', 'pin'] as const)('says when it was refused and how many tries are left: %s', async (wants) => {
    const bedside = await Bedside.at(wanted(wants));
    await bedside.type('123456');
    await bedside.press('Enter');
    await bedside.show(ASKING);
    expect(field(wants).disabled).toBe(true);
    expect(field(wants).placeholder).toBe('••••••••');

    await bedside.show(wanted(wants, true));

    expect(bedside.text).toContain(words.wanted[wants].refused);
    expect(bedside.heard).toBe(`${words.wanted[wants].refused} 3 tries left.`);
    expect(document.activeElement).toBe(field(wants));
  });

  it('keeps nothing she typed for the next badge', async () => {
    const bedside = await Bedside.at(wanted('password'));
    await bedside.type('hunter2');

    await bedside.show({ kind: 'second_factor', wants: 'password', is_loss: false, display_name: 'Omar K.', expires_in_ms: 118_000, tries_left: 5, is_refused: false });

    expect(bedside.text).toContain('Omar K.');
    expect(field('password').value).toBe('');
  });

  it.each(['password', 'pin'] as const)('takes the first key when the focus was lost, and is left by Escape: %s', async (wants) => {
    const bedside = await Bedside.at(wanted(wants));
    field(wants).blur();

    await bedside.press('7');
    expect(field(wants).value).toBe('7');
    await bedside.press('Escape');

    expect(field(wants).value).toBe('');
    expect(bedside.backend.sent).toEqual([{ kind: 'cancel' }]);
  });
});

function wanted(wants: FactorWanted, is_refused = false): ScreenView {
  return { kind: 'second_factor', wants, is_loss: false, display_name: 'Maria O.', expires_in_ms: 118_000, tries_left: is_refused ? 3 : 5, is_refused };
}

function field(id: string): HTMLInputElement {
  const found = document.querySelector<HTMLInputElement>(`input#${id}`);
  if (found === null) {
    throw new Error(`There is no field ${id}.`);
  }
  return found;
}

function boxes(): string[] {
  return [...document.querySelectorAll('.boxes span')].map((box) => box.textContent);
}
