import { describe, expect, it } from 'vitest';
import { SIGNED_OUT, concealed, noticed, offering } from '../lib/backend/scenes';
import type { FactorWanted, ScreenView, SignedOutNotice } from '../lib/generated/bindings';
import { en as words } from '../lib/messages/en';
import { es } from '../lib/messages/es';
import { lossText } from '../lib/notice';
import { Bedside } from './test_bedside';

const READY = { ...SIGNED_OUT, reader: 'ready' } as const;
const WITHOUT = words.without.open('5-1234');
const ASKING: ScreenView = { kind: 'asking', step: 'loss', is_slow: false };
const CHECKING: ScreenView = { kind: 'asking', step: 'second_factor', is_slow: false };
const REFUSED: SignedOutNotice = { kind: 'refused' };

describe('whoever lost her badge', () => {
  it.each([
    ['signed out', READY],
    ['concealed', concealed()],
  ])('reads what will happen before she types anything: %s', async (_, scene) => {
    const bedside = await lost(scene);

    expect(bedside.text).toContain(words.lost.line);
    expect(bedside.heard).toBe(words.lost.line);
    expect(document.activeElement?.textContent).toBe(words.lost.title);
    expect(bedside.backend.sent).toEqual([]);
  });

  it('is not asked where there is no reader', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);

    await bedside.click(bedside.button(words.help('5-1234')));

    expect(bedside.hasButton(words.without.lost.open)).toBe(false);
  });

  it('still reads whom to call without a phone', async () => {
    const bedside = await Bedside.at(READY);
    await bedside.click(bedside.button(WITHOUT));

    expect(bedside.text).toContain('No phone either? Ask the help desk, 5-1234, to revoke it.');
  });

  it('has her badges revoked by name and password, by keyboard alone', async () => {
    const bedside = await lost();

    await bedside.type('maria');
    bedside.password.focus();
    await bedside.type('hunter2');
    await bedside.press('Enter');

    expect(bedside.backend.sent).toEqual([{ kind: 'lost_badge', name: 'maria', password: 'hunter2' }]);
    expect(bedside.password.value).toBe('');
    expect(document.documentElement.outerHTML).not.toContain('hunter2');
  });

  it.each([
    ['', '', words.signedOut.nameMissing],
    ['maria', '', words.signedOut.passwordMissing],
  ])('is told what is missing: name %j, password %j', async (name, password, told) => {
    const bedside = await lost();
    await bedside.fill(bedside.name, name);
    await bedside.fill(bedside.password, password);

    await bedside.click(bedside.button(words.lost.submit));

    expect(bedside.text).toContain(told);
    expect(bedside.backend.sent).toEqual([]);
  });

  it('may see the password she types, and reads that Caps Lock is on', async () => {
    const bedside = await lost();

    bedside.password.focus();
    await bedside.press('h', { states: ['CapsLock'] });
    expect(bedside.text).toContain(words.signedOut.capsLock);
    await bedside.click(bedside.button(words.signedOut.showPassword));

    expect(bedside.password.type).toBe('text');
  });

  it('types on the keyboard on screen as well', async () => {
    const bedside = await lost();
    await bedside.click(bedside.button(words.keyboard.show));

    bedside.name.focus();
    await bedside.click(bedside.button('m'));

    expect(bedside.name.value).toBe('m');
  });

  it.each([
    ['signed out', READY],
    ['concealed', concealed()],
  ])('reads no word of signing in or of resuming while the server is asked: %s', async (_, scene) => {
    const bedside = await asked(scene);

    expect(bedside.text).toContain(words.asking.loss.busy);
    expect(bedside.heard).toBe(words.asking.loss.busy);
    expect(bedside.text).not.toMatch(/signing in|signed in|resum/i);
    expect(bedside.hasButton(words.signedOut.submit)).toBe(false);
    expect(bedside.password.disabled).toBe(true);
  });

  it('may leave while the server is slow', async () => {
    const bedside = await asked();
    await bedside.show({ ...ASKING, is_slow: true, fault: 'unreachable' });
    expect(bedside.text).toContain(words.notice.unanswered.unreachable);

    await bedside.click(bedside.button(words.cancel));
    await bedside.show(READY);

    expect(bedside.backend.sent.at(-1)).toEqual({ kind: 'cancel' });
    expect(bedside.text).toContain('Tap your badge');
    expect(bedside.name.value).toBe('');
  });

  it('is not taken back to it by what was refused before, once she has left', async () => {
    const bedside = await asked(concealed({ kind: 'refused', notice: REFUSED }));

    await bedside.press('Escape');
    await bedside.show(concealed({ kind: 'refused', notice: REFUSED }));

    expect(bedside.text).toContain('Tap to resume');
    expect(bedside.text).not.toContain(words.lost.line);
  });

  it('sees the same form on a page that was loaded meanwhile', async () => {
    const bedside = await Bedside.at(ASKING);

    expect(bedside.text).toContain(words.lost.line);
    expect(bedside.password.placeholder).toBe('••••••••');
  });

  it.each(['totp', 'password', 'pin'] as const)('is asked for what revokes her badges, not for what signs in: %s', async (wants) => {
    const bedside = await asked();

    await bedside.show(wanted(wants));

    expect(bedside.text).toContain(words.lost.wanted[wants]);
    expect(bedside.heard).toContain(words.lost.wanted[wants]);
    expect(`${document.querySelector('main')?.textContent ?? ''} ${bedside.heard}`).not.toMatch(/sign(s|ed|ing)? in/i);
    await bedside.speak('es');
    expect(bedside.text).toContain(es.lost.wanted[wants]);
  });

  it('keeps that title while the code is checked, and loses it with the next challenge', async () => {
    const bedside = await Bedside.at(wanted('totp'));
    await bedside.fill(bedside.code, '123456');
    expect(bedside.backend.sent).toEqual([{ kind: 'code', code: '123456' }]);
    await bedside.show(CHECKING);
    expect(bedside.text).toContain(words.lost.wanted.totp);

    await bedside.show({ ...wanted('totp'), is_loss: false } as ScreenView);

    expect(bedside.text).toContain(words.secondFactor.title);
    expect(bedside.text).not.toContain(words.lost.wanted.totp);
  });

  it.each([
    [0, 'You have no badge that works. There was nothing to revoke.'],
    [1, 'Your badge is revoked. Ask the help desk for a new one.'],
    [2, 'Your badges are revoked (2). Ask the help desk for a new one.'],
  ])('reads calmly that %i are revoked, signed out and over a concealed screen', async (count, text) => {
    const bedside = await asked();
    await bedside.show(wanted('totp'));
    await bedside.show(CHECKING);

    await bedside.show(noticed({ kind: 'badges_revoked', count }, { reader: 'ready' }));
    expect(bedside.text).toContain(text);
    expect(bedside.text).toContain('Tap your badge');
    expect(bedside.heard).toBe(text);
    expect(document.querySelector<HTMLElement>('[data-tone]')?.dataset['tone']).toBe('info');

    await bedside.show(concealed({ kind: 'refused', notice: { kind: 'badges_revoked', count } }));
    expect(bedside.text).toContain(text);
    expect(bedside.text).toContain('Tap to resume');
    expect(bedside.heard).toContain(text);
    expect(document.querySelector<HTMLElement>('[data-tone]')?.dataset['tone']).toBe('info');
  });
});

describe('a loss that was refused', () => {
  it.each([
    ['signed out', READY, noticed(REFUSED, { reader: 'ready' })],
    ['concealed', concealed(), concealed({ kind: 'refused', notice: REFUSED })],
  ])('is asked for again where she was, with the caret where she goes on: %s', async (_, scene, refused) => {
    const bedside = await asked(scene);

    await bedside.show(refused);

    expect(bedside.text).toContain(words.notice.refused);
    expect(bedside.heard).toBe(words.notice.refused);
    expect(bedside.text).toContain(words.lost.line);
    expect(bedside.password.value).toBe('');
    expect(document.activeElement).toBe(bedside.password);
    await bedside.type('hunter3');
    await bedside.press('Enter');
    expect(bedside.backend.sent.at(-1)).toEqual({ kind: 'lost_badge', name: 'maria', password: 'hunter3' });
  });

  it('counts down how long she is locked out, and says when that is over', async () => {
    const bedside = await asked();
    await bedside.show(noticed({ kind: 'locked_out', retry_after_ms: 27_000 }, { reader: 'ready' }));
    expect(bedside.heard).toContain('27 seconds');

    await bedside.wait(7_000);
    expect(bedside.text).toContain('0:20');
    await bedside.wait(20_000);

    expect(bedside.text).toContain(words.notice.lockedOutOver);
    expect(bedside.heard).toBe(words.notice.lockedOutOver);
  });

  it('by codes too wrong or too late says that nothing was changed, and not to sign in', async () => {
    const bedside = await asked();
    await bedside.show(wanted('totp'));
    await bedside.show(CHECKING);

    await bedside.show(noticed({ kind: 'challenge_over' }, { reader: 'ready' }));

    const told = lossText({ kind: 'challenge_over' }, words, '');
    expect(told).toBe(words.lost.challengeOver);
    expect(bedside.text).toContain(told);
    expect(bedside.heard).toBe(told);
    expect([bedside.name.value, bedside.password.value]).toEqual(['', '']);
  });

  it('shows nothing of a refusal that was none of it', async () => {
    const bedside = await lost(noticed(REFUSED, { reader: 'ready' }));

    expect(bedside.text).not.toContain(words.notice.refused);
  });

  it('is forgotten after a minute of nothing', async () => {
    const bedside = await asked();
    await bedside.show(noticed(REFUSED, { reader: 'ready' }));

    await bedside.wait(60_000);

    expect(bedside.text).not.toContain(words.lost.line);
    expect(bedside.name.value).toBe('');
  });
});

describe('the form of a lost badge', () => {
  it.each([
    ['Escape', async (bedside: Bedside) => { await bedside.press('Escape'); }],
    ['a minute of nothing', async (bedside: Bedside) => bedside.wait(60_000)],
    ['a tap', async (bedside: Bedside) => bedside.show({ kind: 'asking', step: 'badge', is_slow: false })],
  ])('closes by %s, and nothing she typed stays', async (_, leave) => {
    const bedside = await lost();
    await bedside.type('maria');
    bedside.password.focus();
    await bedside.type('hunt');

    await leave(bedside);

    expect(bedside.text).not.toContain(words.lost.line);
    expect([bedside.name.value, bedside.password.value]).toEqual(['', '']);
    expect(bedside.backend.sent).toEqual([]);
  });

  it('leads back to what else there is to do', async () => {
    const bedside = await lost();
    await bedside.type('maria');

    await bedside.click(bedside.button(words.without.back));
    expect(bedside.text).toContain(words.without.phone.text('5-1234'));
    await bedside.click(bedside.button(words.without.lost.open));

    expect(bedside.name.value).toBe('');
  });

  it('stays, with what was typed, while only the contact, the reader or an offer changes', async () => {
    const bedside = await lost(concealed());
    await bedside.type('maria');

    await bedside.show({ ...concealed(), contact: 'away', reader: 'faulty' });
    await bedside.show(offering(30_000));

    expect(bedside.text).toContain(words.lost.line);
    expect(bedside.name.value).toBe('maria');
  });

  it('closes with the screen it stands on', async () => {
    const bedside = await lost(concealed());

    await bedside.show({ kind: 'signing_out', display_name: 'Maria O.', cause: 'inactivity' });
    await bedside.show(READY);

    expect(bedside.text).not.toContain(words.lost.line);
  });

  it('gives way to the words that nobody hears', async () => {
    const bedside = await lost();
    bedside.backend.isDeaf = true;
    await bedside.fill(bedside.name, 'maria');
    await bedside.fill(bedside.password, 'hunter2');

    await bedside.click(bedside.button(words.lost.submit));

    expect(bedside.text).toContain(words.starting.title);
    expect(bedside.text).not.toContain(words.lost.line);
  });

  it('speaks Spanish', async () => {
    const bedside = await lost();

    await bedside.speak('es');

    expect(bedside.text).toContain(es.lost.line);
    expect(bedside.hasButton(es.lost.submit)).toBe(true);
  });
});

async function lost(scene: Parameters<typeof Bedside.at>[0] = READY): Promise<Bedside> {
  const bedside = await Bedside.at(scene);
  await bedside.click(bedside.button(WITHOUT));
  await bedside.click(bedside.button(words.without.lost.open));
  return bedside;
}

/** She has sent her name and password, and the server is asked. */
async function asked(scene: Parameters<typeof Bedside.at>[0] = READY): Promise<Bedside> {
  const bedside = await lost(scene);
  await bedside.type('maria');
  bedside.password.focus();
  await bedside.type('hunter2');
  await bedside.press('Enter');
  await bedside.show(ASKING);
  await bedside.wait(150);
  return bedside;
}

function wanted(wants: FactorWanted): ScreenView {
  return { kind: 'second_factor', wants, is_loss: true, expires_in_ms: 118_000, tries_left: 5, is_refused: false };
}
