import { describe, expect, it, vi } from 'vitest';
import { CAUSES, CODES, FAULTS, SCENES, SIGNED_OUT, noticed, scene } from '../lib/backend/scenes';
import { en as words } from '../lib/messages/en';
import { Bedside } from './test_bedside';

describe('waiting for the server', () => {
  it('is not shown before 150 ms, and then in words', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    await bedside.show({ kind: 'asking', step: 'first_factor', is_slow: false });

    await bedside.wait(149);
    expect(bedside.text).not.toContain(words.asking.first_factor.busy);
    await bedside.wait(1);

    expect(bedside.text).toContain(words.asking.first_factor.busy);
  });

  it('is explained when it is slow, with a way out', async () => {
    const bedside = await Bedside.at({ kind: 'asking', step: 'first_factor', is_slow: false });
    expect(bedside.hasButton('Cancel')).toBe(false);

    await bedside.show({ kind: 'asking', step: 'first_factor', is_slow: true });
    await bedside.wait(150);
    expect(bedside.text).toContain(words.asking.first_factor.slow);
    await bedside.click(bedside.button('Cancel'));

    expect(bedside.backend.sent).toEqual([{ kind: 'cancel' }]);
  });

  it.each(FAULTS)('says why it is asked again by itself: %s', async (fault) => {
    const bedside = await Bedside.at({ kind: 'asking', step: 'first_factor', is_slow: true, fault });
    await bedside.wait(150);

    expect(bedside.text).toContain(`${words.notice.unanswered[fault]} ${words.notice.retrying}`);
    expect(bedside.heard).toContain(words.notice.unanswered[fault]);
    expect(bedside.hasButton('Cancel')).toBe(true);
  });

  it.each(FAULTS)('offers no way past something that answers in place of the server: %s', async (fault) => {
    const bedside = await Bedside.at(noticed({ kind: 'unanswered', fault, is_retrying: false }));
    const offered = () =>
      [...document.querySelectorAll('main :is(button, a, summary, [role=button], [role=link], input[type=checkbox])')].map((one) => one.textContent.trim());

    expect(offered().filter((label) => label !== '')).toEqual(['Sign in']);

    await bedside.show({ kind: 'asking', step: 'first_factor', is_slow: true, fault });
    await bedside.wait(150);

    expect(offered().filter((label) => !['', 'Sign in', 'Cancel'].includes(label))).toEqual([]);
  });

  it('takes no second try meanwhile, by key, click or Enter', async () => {
    const bedside = await Bedside.at({ kind: 'asking', step: 'first_factor', is_slow: false });

    expect(bedside.name.disabled).toBe(true);
    expect(bedside.password.disabled).toBe(true);
    expect(bedside.button('Sign in').disabled).toBe(true);
    expect(bedside.password.value).toBe('');
    expect(bedside.password.placeholder).toBe('••••••••');
    await bedside.press('x');
    document.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));

    expect(bedside.backend.sent).toEqual([]);
  });

  it('is given up by Escape', async () => {
    const bedside = await Bedside.at({ kind: 'asking', step: 'first_factor', is_slow: false });

    await bedside.press('Escape');

    expect(bedside.backend.sent).toEqual([{ kind: 'cancel' }]);
  });

  it('can be called off while the same request is sent again by itself', async () => {
    const bedside = await Bedside.at(noticed({ kind: 'unanswered', fault: 'unreachable', is_retrying: true }));

    await bedside.click(bedside.button('Cancel'));
    await bedside.press('Escape');

    expect(bedside.backend.sent).toEqual([{ kind: 'cancel' }, { kind: 'cancel' }]);
  });
});

describe('a screen that asks nothing', () => {
  it('welcomes her while the desktop opens', async () => {
    const bedside = await Bedside.at({ kind: 'opening', display_name: 'Maria O.' });

    expect(bedside.text).toContain('Welcome, Maria O.');
    expect(bedside.heard).toContain('Opening your desktop');
  });

  it('says how far closing her programs has got', async () => {
    const bedside = await Bedside.at({ kind: 'signing_out', display_name: 'Maria O.', cause: 'inactivity', apps: { closed: 1, of: 3 } });
    await bedside.wait(150);
    expect(bedside.text).toContain(words.signingOut.apps(1, 3));
    expect(bedside.text).toContain(words.signingOut.line);

    await bedside.show({ kind: 'signing_out', display_name: 'Maria O.', cause: 'inactivity', apps: { closed: 2, of: 3 } });
    expect(bedside.text).toContain(words.signingOut.apps(2, 3));
  });

  it.each(CAUSES)('says why it signs out: %s', async (cause) => {
    const bedside = await Bedside.at({ kind: 'signing_out', display_name: 'Maria O.', cause });
    await bedside.wait(150);

    expect(bedside.text).toContain('Signing out Maria O.');
    expect(bedside.text).toContain(words.signingOut.why[cause]);
    expect(bedside.text).toContain(words.signingOut.line);
    expect(bedside.heard).toContain(words.signingOut.why[cause]);
  });

  it('asks IT to enrol, with the workstation id', async () => {
    const bedside = await Bedside.at({ kind: 'not_enrolled' });

    expect(bedside.text).toContain('Ask IT to enrol this workstation');
    expect(bedside.text).toContain('7f3a-91c2');
    expect(bedside.text).not.toContain(words.contact.unknown);
  });

  it.each(CODES)('says what failed, what to do and the code: %s', async (code) => {
    const bedside = await Bedside.at({ kind: 'fail_closed', code, since_ms: 240_000, retry_in_ms: 20_000 });

    for (const part of [words.failClosed.what[code], words.failClosed.todo[code], `Code ${code}`, '7f3a-91c2', '5-1234', 'Since 06:58']) {
      expect(bedside.text).toContain(part);
    }
  });

  it('names the day when it has failed for longer', async () => {
    const bedside = await Bedside.at({ kind: 'fail_closed', code: 'spool.full', since_ms: 86_400_000, retry_in_ms: 20_000 });

    expect(bedside.text).toContain('Since Friday 20 November, 07:02');
  });

  it('counts down to its next try', async () => {
    const bedside = await Bedside.at({ kind: 'fail_closed', code: 'spool.full', since_ms: 0, retry_in_ms: 2_000 });

    expect(bedside.text).toContain('in 0:02');
    await bedside.wait(1_000);
    expect(bedside.text).toContain('in 0:01');
    await bedside.wait(1_000);
    expect(bedside.text).toContain(words.failClosed.retrying);
  });

  it.each(['active', 'inactivity_warning'])('is a plain cover while the desktop is hers: %s', async (name) => {
    const bedside = await Bedside.at(SCENES[name]);

    expect(bedside.text).toBe('');
    expect(document.querySelectorAll('input, button')).toHaveLength(0);
  });

  it.each(Object.keys(SCENES))('has one heading and one main part: %s', async (name) => {
    await Bedside.at(SCENES[name]);

    expect(document.querySelectorAll('h1')).toHaveLength(1);
    expect(document.querySelectorAll('main')).toHaveLength(1);
  });
});

describe('the page and its agent', () => {
  it('says once that it has drawn', async () => {
    const bedside = await Bedside.at({ kind: 'starting' });
    await bedside.wait(500);
    await bedside.show(SIGNED_OUT);
    await bedside.wait(500);

    expect(bedside.backend.readyCount).toBe(1);
  });

  it('says that it is getting ready when no view comes, and draws the first one that does', async () => {
    const bedside = await Bedside.at();
    expect(bedside.text).toBe('');

    await bedside.wait(1_150);
    expect(bedside.text).toContain(words.starting.title);
    expect(bedside.backend.readyCount).toBe(1);

    await bedside.show(SIGNED_OUT);
    expect(bedside.text).toContain(words.signedOut.next);
  });

  it('ignores a view that is older than the one it shows', async () => {
    const bedside = await Bedside.at();
    const older = bedside.backend.show({ kind: 'starting' });
    await bedside.show({ kind: 'not_enrolled' });

    bedside.backend.emit(older);
    await bedside.wait(0);

    expect(bedside.text).toContain(words.notEnrolled.title);
  });

  it('asks again when an answer does not come, and stays where it is if the agent lives', async () => {
    const bedside = await Bedside.at({ kind: 'second_factor', wants: 'totp', is_loss: false, expires_in_ms: 100_000, tries_left: 5, is_refused: false });
    await bedside.fill(bedside.code, '123456');

    await bedside.wait(8_000);

    expect(bedside.backend.refreshCount).toBe(1);
    expect(bedside.text).toContain(words.secondFactor.title);
  });

  it('says that it is getting ready when the agent hears nothing, and recovers by itself', async () => {
    const bedside = await Bedside.at({ kind: 'second_factor', wants: 'totp', is_loss: false, expires_in_ms: 100_000, tries_left: 5, is_refused: false });
    bedside.backend.isDeaf = true;
    await bedside.fill(bedside.code, '123456');
    expect(bedside.text).toContain(words.starting.title);

    await bedside.wait(30_000);
    expect(bedside.text).toContain(words.starting.title);

    bedside.backend.isDeaf = false;
    await bedside.wait(8_000);

    expect(bedside.text).toContain(words.secondFactor.title);
  });

  it('is told nothing twice by a view that changes only the contact', async () => {
    const second = { kind: 'second_factor', wants: 'totp', is_loss: false, expires_in_ms: 100_000, tries_left: 5, is_refused: false } as const;
    const bedside = await Bedside.at(second);
    await bedside.type('12');
    const heard = document.querySelector('[role=status][aria-live]')?.textContent;

    await bedside.show(scene(second, { contact: 'away' }));

    expect(document.querySelector('[role=status][aria-live]')?.textContent).toBe(heard);
    expect(bedside.code.value).toBe('12');
  });

  it('has one timer at most when it shows a screen that changes nothing', async () => {
    const bedside = await Bedside.at(scene({ kind: 'not_enrolled' }));
    await bedside.wait(2_000);

    expect(vi.getTimerCount()).toBe(0);
  });
});
