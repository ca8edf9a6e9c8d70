import { describe, expect, it } from 'vitest';
import { scene } from '../lib/backend/scenes';
import type { ScreenView } from '../lib/generated/bindings';
import { en as words } from '../lib/messages/en';
import { Bedside } from './test_bedside';

const ASKED: ScreenView = { kind: 'second_factor', expires_in_ms: 118_000, tries_left: 5, is_refused: false };
const REFUSED: ScreenView = { kind: 'second_factor', expires_in_ms: 90_000, tries_left: 3, is_refused: true };
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

  it.each(['123456', '123 456', ' 123-456\n', '1234567890'])('take %j in one paste', async (pasted) => {
    const bedside = await Bedside.at(ASKED);

    await bedside.paste(bedside.code, pasted);

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

    await bedside.paste(bedside.code, '123456');

    expect(bedside.code.value).toBe('');
    expect(document.documentElement.outerHTML).not.toContain('123456');
  });

  it('send each code once, however the server is waited for', async () => {
    const bedside = await Bedside.at(ASKED);
    await bedside.paste(bedside.code, '123456');

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
    await bedside.paste(bedside.code, '000000');
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

    await bedside.show({ kind: 'signed_out', notice: { kind: 'challenge_over' } });
    await bedside.show(ASKED);

    expect(bedside.code.value).toBe('');
    expect(bedside.backend.sent).toEqual([]);
  });
});

function boxes(): string[] {
  return [...document.querySelectorAll('.boxes span')].map((box) => box.textContent);
}
