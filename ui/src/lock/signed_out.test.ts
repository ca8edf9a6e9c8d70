import { describe, expect, it, vi } from 'vitest';
import { NOTICES, SIGNED_OUT, noticed, scene } from '../lib/backend/scenes';
import type { Contact, SignedOutNotice } from '../lib/generated/bindings';
import { en as words } from '../lib/messages/en';
import { noticeText, noticeTone } from '../lib/notice';
import { Bedside } from './test_bedside';


describe('the signed-out screen', () => {
  it('shows the time, the date, where it stands and what to do', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);

    for (const part of ['07:02', 'Saturday 21 November', 'St. Example Hospital', 'ICU-3 · WS-07', 'Online', "Can't sign in? Help: 5-1234"]) {
      expect(bedside.text).toContain(part);
    }
    expect(bedside.text).toContain(words.signedOut.next);
  });

  it('sends name and password as typed, by keyboard alone', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);

    await bedside.type('maria');
    bedside.password.focus();
    await bedside.type(' pä55 w');
    await bedside.press('Enter');

    expect(bedside.backend.sent).toEqual([{ kind: 'sign_in', name: 'maria', password: ' pä55 w' }]);
  });

  it('takes a 10 000-character password whole', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    const password = 'ü🩺'.repeat(5_000);

    await bedside.fill(bedside.name, 'maria');
    await bedside.fill(bedside.password, password);
    await bedside.click(bedside.button('Sign in'));

    expect(bedside.backend.sent).toEqual([{ kind: 'sign_in', name: 'maria', password }]);
  });

  it('puts the first key into the name, without having waited for it with a caret', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    expect(document.activeElement).toBe(document.body);

    await bedside.press('m');

    expect(document.activeElement).toBe(bedside.name);
    expect(bedside.name.value).toBe('m');
  });

  it.each([' ', 'Tab', 'Enter'])('is woken by %j without typing anything', async (key) => {
    const bedside = await Bedside.at(SIGNED_OUT);

    await bedside.press(key);

    expect(document.activeElement).toBe(bedside.name);
    expect(bedside.name.value).toBe('');
    expect(bedside.backend.sent).toEqual([]);
  });

  it('asks for what is missing instead of sending it', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);

    await bedside.click(bedside.button('Sign in'));
    expect(bedside.text).toContain(words.signedOut.nameMissing);
    expect(document.activeElement).toBe(bedside.name);

    await bedside.type('maria');
    await bedside.click(bedside.button('Sign in'));
    expect(bedside.text).toContain(words.signedOut.passwordMissing);
    expect(bedside.text).not.toContain(words.signedOut.nameMissing);
    expect(document.activeElement).toBe(bedside.password);
    expect(bedside.backend.sent).toEqual([]);
  });

  it('shows and hides the password', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    expect(bedside.password.type).toBe('password');

    await bedside.click(bedside.button(words.signedOut.showPassword));
    expect(bedside.password.type).toBe('text');
    expect(document.activeElement).toBe(bedside.password);

    await bedside.click(bedside.button(words.signedOut.hidePassword));
    expect(bedside.password.type).toBe('password');
  });

  it('hints at Caps Lock beside the password only while it has the focus', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);

    await bedside.press('Shift', { states: ['CapsLock'] });
    expect(bedside.text).not.toContain(words.signedOut.capsLock);
    bedside.password.focus();
    await bedside.press('Shift', { states: ['CapsLock'] });
    expect(bedside.text).toContain(words.signedOut.capsLock);

    await bedside.press('Shift');
    expect(bedside.text).not.toContain(words.signedOut.capsLock);
  });

  it('offers nothing to remember, correct or complete', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);

    for (const input of [bedside.name, bedside.password]) {
      expect(input.getAttribute('autocomplete')).toBe('off');
      expect(input.getAttribute('spellcheck')).toBe('false');
      expect(input.hasAttribute('maxlength')).toBe(false);
    }
  });

  it('says plainly when nothing enforces the screen', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    expect(bedside.text).not.toContain(words.notEnforced);

    await bedside.show({ ...SIGNED_OUT, is_enforced: false });

    expect(bedside.text).toContain(words.notEnforced);
  });

  it('tells every contact apart by its words and by its shape', async () => {
    const contacts = Object.keys(words.contact) as Contact[];
    const bedside = await Bedside.at(SIGNED_OUT);
    const shapes = new Set<string | undefined>();

    for (const contact of contacts) {
      await bedside.show({ ...SIGNED_OUT, contact });
      expect(bedside.text).toContain(words.contact[contact]);
      shapes.add(document.querySelector<SVGElement>('[data-contact] svg')?.dataset['icon']);
    }

    expect(shapes.size).toBe(contacts.length);
  });

  it.each(['last_good', 'built_in_strict'] as const)('says which rules hold when the file was refused: %s', async (policy_notice) => {
    const bedside = await Bedside.at(SIGNED_OUT);
    expect(document.querySelector('[data-policy]')).toBeNull();

    await bedside.show({ ...SIGNED_OUT, policy_notice });

    expect(bedside.text).toContain(words.policy[policy_notice]);
  });

  it('goes on without names it was not given', async () => {
    const place = { organisation: '', unit: '', workstation: '', workstation_id: '', help_line: '' };

    const bedside = await Bedside.at({ ...SIGNED_OUT, place });

    expect(bedside.text).toContain("Can't sign in? Call the help desk");
    expect(bedside.text).not.toContain('·');
  });
});

describe('a notice', () => {
  it.each(Object.entries(NOTICES))('%s is told in words, with a shape, and spoken', async (_, notice) => {
    const bedside = await Bedside.at(noticed(notice));

    const text = noticeText(notice, words, '0:27');
    expect(bedside.text).toContain(text);
    expect(text.length).toBeGreaterThan(8);
    expect(document.querySelector('[data-tone] svg')).not.toBeNull();
    expect(document.querySelector<HTMLElement>('[data-tone]')?.dataset['tone']).toBe(noticeTone(notice));
    expect(bedside.heard).not.toBe('');
  });

  it('never tells a wrong name from a wrong password', async () => {
    const bedside = await Bedside.at(noticed({ kind: 'refused' }));

    expect(bedside.text).toContain('name and password do not match');
  });

  it('names the limits that something typed was over', async () => {
    const bedside = await Bedside.at(noticed({ kind: 'malformed' }));

    for (const limit of ['256', '1,024']) {
      expect(bedside.text).toContain(limit);
      expect(bedside.heard).toContain(limit);
    }
  });

  it('counts a lockout down by the second, and lets others sign in meanwhile', async () => {
    const bedside = await Bedside.at(noticed({ kind: 'locked_out', retry_after_ms: 27_400 }));
    expect(bedside.text).toContain('Try again in 0:28.');

    await bedside.wait(400);
    expect(bedside.text).toContain('Try again in 0:27.');
    await bedside.wait(26_000);
    expect(bedside.text).toContain('Try again in 0:01.');
    expect(bedside.name.disabled).toBe(false);

    await bedside.wait(1_000);
    expect(bedside.text).toContain(words.notice.lockedOutOver);
  });

  it('speaks a lockout at 60, 30 and 10 seconds and at its end, not every second', async () => {
    const bedside = await Bedside.at(noticed({ kind: 'locked_out', retry_after_ms: 62_000 }));
    const heard = [bedside.heard];

    for (let second = 0; second < 63; second += 1) {
      await bedside.wait(1_000);
      if (bedside.heard !== heard.at(-1)) {
        heard.push(bedside.heard);
      }
    }

    expect(heard).toEqual([
      'Too many tries with this name. Try again in 62 seconds.',
      '60 seconds left',
      '30 seconds left',
      '10 seconds left',
      words.notice.lockedOutOver,
    ]);
  });

  it('speaks the same refusal again after the next try', async () => {
    const bedside = await Bedside.at(noticed({ kind: 'refused' }));
    expect(bedside.heard).toBe(words.notice.refused);

    await bedside.show({ kind: 'asking', step: 'first_factor', is_slow: false });
    expect(bedside.heard).toBe(words.asking.first_factor.busy);

    await bedside.show(noticed({ kind: 'refused' }));
    expect(bedside.heard).toBe(words.notice.refused);
  });

  it('takes null for none, as the agent writes it', async () => {
    const none = null as unknown as SignedOutNotice;

    const bedside = await Bedside.at(scene({ kind: 'signed_out', notice: none, enrolment_offered_ms: null }));

    expect(bedside.text).toContain(words.signedOut.next);
  });
});

describe('what is typed', () => {
  it('is wiped of the password in the moment it is sent', async () => {
    const bedside = await typed();

    await bedside.press('Enter');

    expect(bedside.password.value).toBe('');
    expect(bedside.name.value).toBe('maria');
    expect(document.documentElement.outerHTML).not.toContain('hunter2');
  });

  it('keeps the name through a refusal and asks only for the password again', async () => {
    const bedside = await typed();
    await bedside.press('Enter');
    await bedside.show({ kind: 'asking', step: 'first_factor', is_slow: false });

    await bedside.show(noticed({ kind: 'refused' }));

    expect(bedside.name.value).toBe('maria');
    expect(document.activeElement).toBe(bedside.password);
  });

  it.each(['starting', 'not_enrolled'] as const)('is gone after another screen: %s', async (kind) => {
    const bedside = await typed();

    await bedside.show({ kind });
    await bedside.show(SIGNED_OUT);

    expect(bedside.name.value).toBe('');
    expect(bedside.password.value).toBe('');
  });

  it('survives a view that changes nothing but the contact', async () => {
    const bedside = await typed();

    await bedside.show({ ...SIGNED_OUT, contact: 'away' });

    expect(bedside.name.value).toBe('maria');
    expect(bedside.password.value).toBe('hunter2');
    expect(document.activeElement).toBe(bedside.password);
  });

  it('is cleared by Escape, which tells the agent nothing that it need not know', async () => {
    const bedside = await typed();

    await bedside.press('Escape');

    expect(bedside.name.value).toBe('');
    expect(bedside.password.value).toBe('');
    expect(document.activeElement).toBe(document.body);
    expect(bedside.backend.sent).toEqual([]);
  });

  it('is hidden and left alone after 15 s, and gone after 60 s', async () => {
    const bedside = await typed();
    await bedside.click(bedside.button(words.signedOut.showPassword));

    await bedside.wait(14_999);
    expect(document.activeElement).toBe(bedside.password);
    await bedside.wait(1);
    expect(document.activeElement).toBe(document.body);
    expect(bedside.password.type).toBe('password');
    expect(bedside.password.value).toBe('hunter2');

    await bedside.wait(45_000);
    expect(bedside.password.value).toBe('');
    expect(bedside.name.value).toBe('');
  });

  it('goes on into the password when she returns within the minute', async () => {
    const bedside = await typed();
    await bedside.wait(20_000);

    await bedside.press('x');

    expect(document.activeElement).toBe(bedside.password);
    expect(bedside.password.value).toBe('hunter2x');
  });
});

describe('a screen at rest', () => {
  it('wakes for nothing but the next minute', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    await bedside.wait(2_000);

    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersToNextTimer();
    await bedside.wait(0);

    expect(new Date().toISOString()).toBe('2026-11-21T12:03:00.000Z');
    expect(bedside.text).toContain('07:03');
    expect(vi.getTimerCount()).toBe(1);
  });

  it('comes back to rest after a key that nobody followed up', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);

    await bedside.press('m');
    await bedside.wait(60_000);

    expect(document.activeElement).toBe(document.body);
    expect(vi.getTimerCount()).toBe(1);
  });

  it('does not even count minutes while nobody can see it', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    await bedside.wait(2_000);
    const visibility = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');

    document.dispatchEvent(new Event('visibilitychange'));
    expect(vi.getTimerCount()).toBe(0);
    await bedside.wait(3_600_000);
    visibility.mockRestore();
    document.dispatchEvent(new Event('visibilitychange'));
    await bedside.wait(0);

    expect(bedside.text).toContain('08:02');
  });
});

/** Name and password typed, not sent; the focus is in the password. */
async function typed(): Promise<Bedside> {
  const bedside = await Bedside.at(SIGNED_OUT);
  await bedside.type('maria');
  bedside.password.focus();
  await bedside.type('hunter2');
  return bedside;
}
