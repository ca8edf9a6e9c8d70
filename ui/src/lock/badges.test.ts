import { describe, expect, it, vi } from 'vitest';
import { LINES, SCENES, SIGNED_OUT, noticed, scene } from '../lib/backend/scenes';
import { en as words } from '../lib/messages/en';
import { Bedside } from './test_bedside';

const READY = { ...SIGNED_OUT, reader: 'ready' } as const;
const SOME_FAULTY = { ...SIGNED_OUT, reader: 'some_faulty' } as const;
const FAULTY = { ...SIGNED_OUT, reader: 'faulty' } as const;
const OFFERED = scene({ kind: 'signed_out', notice: { kind: 'badge', line: 'unknown' }, enrolment_offered_ms: 30_000 }, { reader: 'ready' });

describe('a workstation with a reader', () => {
  it('says first that a tap signs in, and that typing does too', async () => {
    const bedside = await Bedside.at(READY);

    expect(bedside.text).toContain('Tap your badge');
    expect(document.querySelector('[data-tap] svg')?.getAttribute('data-icon')).toBe('badge');
    expect(bedside.text).toContain(words.signedOut.orType);
    expect(bedside.text).toContain(words.reader.ready);
    expect(bedside.heard).toBe('Tap your badge, or type your user name and password');
    await bedside.type('maria');
    expect(bedside.name.value).toBe('maria');
  });

  it('goes on saying it beside a notice', async () => {
    const bedside = await Bedside.at(noticed({ kind: 'session_ended', cause: 'inactivity' }, { reader: 'ready' }));

    expect(bedside.text).toContain('Tap your badge');
    expect(bedside.text).toContain(words.notice.sessionEnded.inactivity);
  });

  it('says in words and by its shape when the reader does not answer, and what to do, and when it is back', async () => {
    const bedside = await Bedside.at(READY);
    const shape = () => document.querySelector<SVGElement>('[data-reader] svg')?.dataset['icon'];
    const whole = shape();

    await bedside.show(FAULTY);
    expect(bedside.text).toContain('Badge reader does not answer. Sign in with your name; it is being tried again.');
    expect(bedside.text).not.toContain('Tap your badge');
    expect(bedside.heard).toBe(words.signedOut.readerFaulty);
    expect(shape()).not.toBe(whole);

    await bedside.show(READY);
    expect(bedside.heard).toContain('Tap your badge');
  });

  it('says that one of several readers does not answer and that the other does, and when it is back', async () => {
    const bedside = await Bedside.at(READY);
    const shape = () => document.querySelector<SVGElement>('[data-reader] svg')?.dataset['icon'];
    const whole = shape();

    await bedside.show(SOME_FAULTY);
    expect(bedside.text).toContain('One badge reader does not answer; use the other');
    expect(bedside.text).toContain('Tap your badge');
    expect(bedside.text).toContain(words.signedOut.orType);
    expect(bedside.heard).toContain(words.signedOut.tap);
    expect(bedside.heard).toContain(words.reader.some_faulty);
    expect(shape()).not.toBe(whole);

    await bedside.show(READY);
    expect(bedside.text).not.toContain('does not answer');
    expect(shape()).toBe(whole);
  });

  it('keeps what is being typed while the reader comes and goes', async () => {
    const bedside = await Bedside.at(READY);
    await bedside.type('mar');

    await bedside.show(FAULTY);
    await bedside.show(READY);
    await bedside.type('ia');

    expect(bedside.name.value).toBe('maria');
  });

  it('wakes for nothing but the next minute', async () => {
    const bedside = await Bedside.at(READY);
    await bedside.wait(2_000);

    expect(vi.getTimerCount()).toBe(1);
    expect(document.activeElement).toBe(document.body);
  });

  it('does not look as if a password had been sent while a badge is checked', async () => {
    const bedside = await Bedside.at(READY);

    await bedside.show({ kind: 'asking', step: 'badge', is_slow: false });
    await bedside.wait(150);

    expect(bedside.text).toContain(words.asking.badge.busy);
    expect(bedside.heard).toBe(words.asking.badge.busy);
    expect(bedside.password.placeholder).toBe('');
    expect(bedside.name.disabled).toBe(true);
  });

  it('waits for nobody with a caret after a badge that was not read', async () => {
    const bedside = await Bedside.at(READY);
    await bedside.show({ kind: 'asking', step: 'badge', is_slow: false });

    await bedside.show(noticed({ kind: 'badge', line: 'not_read' }, { reader: 'ready' }));

    expect(bedside.text).toContain(words.badge.not_read);
    expect(document.activeElement).toBe(document.body);
  });

  it.each(LINES)('says what a badge led to, and what to do next: %s', async (line) => {
    const bedside = await Bedside.at(noticed({ kind: 'badge', line }, { reader: 'ready' }));

    expect(bedside.text).toContain(words.badge[line]);
    expect(bedside.heard).toBe(words.badge[line]);
    expect(words.badge[line]).toMatch(/\b(type|tap|use|ask|go on|call)\b/i);
  });
});

describe('a workstation without a reader', () => {
  it.each(Object.entries(SCENES).filter(([, { reader, screen }]) => reader === 'none' && !(screen.kind === 'signing_out')))(
    'says no word of badges: %s',
    async (_, shown) => {
      const bedside = await Bedside.at(shown);
      await bedside.wait(150);

      expect(`${bedside.text} ${bedside.heard}`).not.toMatch(/\b(badges?|reader|tap)\b/i);
    },
  );
});

describe('an unknown badge that may be enrolled', () => {
  it('is offered with what to do and the time for it', async () => {
    const bedside = await Bedside.at(OFFERED);

    expect(bedside.text).toContain('Enrol this badge? Sign in with your user name, password and code within 0:30.');
    expect(bedside.text).not.toContain(words.badge.unknown);
    await bedside.wait(3_000);
    expect(bedside.text).toContain('within 0:27.');
  });

  it('speaks the time at 10 seconds and at its end, and then says how to begin again', async () => {
    const bedside = await Bedside.at(OFFERED);
    const heard = [bedside.heard];

    for (let second = 0; second < 31; second += 1) {
      await bedside.wait(1_000);
      if (bedside.heard !== heard.at(-1)) {
        heard.push(bedside.heard);
      }
    }

    expect(heard).toEqual([`${words.enrolment.title} ${words.enrolment.lineSpoken}`, '10 seconds left', words.enrolment.over]);
    expect(bedside.text).toContain(words.enrolment.over);
  });

  it('stays offered beside a refusal', async () => {
    const bedside = await Bedside.at(scene({ kind: 'signed_out', notice: { kind: 'refused' }, enrolment_offered_ms: 12_000 }, { reader: 'ready' }));

    expect(bedside.text).toContain(words.notice.refused);
    expect(bedside.text).toContain('within 0:12.');
    expect(bedside.heard).toBe(`${words.notice.refused} ${words.enrolment.title} ${words.enrolment.lineSpoken}`);
  });
});
