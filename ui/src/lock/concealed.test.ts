import { describe, expect, it, vi } from 'vitest';
import { CONCEALED_NOTICES, SIGNED_OUT, asksMore, concealed, offering } from '../lib/backend/scenes';
import { en as words } from '../lib/messages/en';
import { es } from '../lib/messages/es';
import { concealedText, concealedTone } from '../lib/notice';
import { Bedside } from './test_bedside';

const SOMEONE_ELSE = words.concealed.someoneElse('Maria O.');

describe('the concealed screen', () => {
  it('says whose session waits and how she comes back', async () => {
    const bedside = await Bedside.at(concealed());

    expect(bedside.text).toContain('Maria O. is signed in');
    expect(bedside.text).toContain('Tap to resume');
    expect(bedside.text).toContain(words.concealed.tap.resumes.orType);
    expect(bedside.heard).toBe('Maria O. is signed in. Tap to resume, or type the password.');
    expect(document.querySelectorAll('#name')).toHaveLength(0);
  });

  it('takes her password alone, by keyboard alone', async () => {
    const bedside = await Bedside.at(concealed());
    expect(document.activeElement).toBe(document.body);

    await bedside.type('hunter2');
    await bedside.press('Enter');

    expect(bedside.backend.sent).toEqual([{ kind: 'password', password: 'hunter2' }]);
    expect(bedside.password.value).toBe('');
    expect(document.documentElement.outerHTML).not.toContain('hunter2');
  });

  it.each(['none', 'faulty'] as const)('speaks of no tap where no reader reads: %s', async (reader) => {
    const bedside = await Bedside.at(concealed(undefined, null, { reader }));

    expect(bedside.text).not.toContain('Tap to resume');
    expect(bedside.text).toContain(words.concealed.next);
    expect(bedside.heard).toContain(words.concealed.next);
  });

  it('says that one of several readers does not answer, and that a tap at the other resumes', async () => {
    const bedside = await Bedside.at(concealed(undefined, null, { reader: 'some_faulty' }));

    expect(bedside.text).toContain('Tap to resume');
    expect(bedside.text).toContain(words.reader.some_faulty);
    expect(bedside.heard).toContain(words.reader.some_faulty);
    expect(bedside.heard).toContain(words.concealed.tap.resumes.orType);
  });

  it('says that her tap names her and that more is asked for, where a tap alone is not enough', async () => {
    const bedside = await Bedside.at(asksMore());

    expect(bedside.text).toContain('Tap your badge or enter your password. A tap alone is not enough.');
    expect(bedside.text).not.toContain('Tap to resume');
    expect(bedside.heard).toBe('Maria O. is signed in. Tap your badge, or enter your password. A tap alone is not enough.');
    await bedside.speak('es');
    expect(bedside.text).toContain(`${es.concealed.tap.asks_more.prompt} ${es.concealed.tap.asks_more.orType}`);
  });

  it('says so from the moment on in which a tap alone is not enough any more', async () => {
    const bedside = await Bedside.at(concealed());
    await bedside.type('hunt');

    await bedside.show(asksMore());

    expect(bedside.text).toContain(words.concealed.tap.asks_more.prompt);
    expect(bedside.password.value).toBe('hunt');
  });

  it('speaks of no tap where the agent says that it does nothing, whatever the reader', async () => {
    const scene = concealed();
    const bedside = await Bedside.at({ ...scene, screen: { ...scene.screen, tap: 'none' } as typeof scene.screen });

    expect(document.querySelector('[data-tap]')).toBeNull();
    expect(bedside.text).toContain(words.concealed.next);
    expect(bedside.heard).not.toMatch(/\btap\b/i);
  });

  it.each(Object.entries(CONCEALED_NOTICES))('says what happened: %s', async (_, notice) => {
    const bedside = await Bedside.at(concealed(notice));

    const text = concealedText(notice, words, '0:27', false);
    expect(bedside.text).toContain(text);
    expect(bedside.text).toContain('Maria O. is signed in');
    expect(document.querySelector<HTMLElement>('[data-tone]')?.dataset['tone']).toBe(concealedTone(notice));
    expect(bedside.heard).toContain(text.replace('0:27', '27 seconds'));
    await bedside.speak('es');
    expect(bedside.text).toContain(concealedText(notice, es, '0:27', false));
  });

  it.each(['badge', 'resume', 'first_factor'] as const)('keeps her name while the server is asked: %s', async (step) => {
    const bedside = await Bedside.at(concealed());
    await bedside.show({ kind: 'asking', step, is_slow: false });
    await bedside.wait(150);

    expect(bedside.text).toContain('Maria O. is signed in');
    expect(bedside.text).toContain(words.asking[step].busy);
    expect(bedside.password.disabled).toBe(true);
  });

  it('asks for the password again after a refusal, with the caret where she typed', async () => {
    const bedside = await Bedside.at(concealed());
    await bedside.type('wrong');
    await bedside.press('Enter');
    await bedside.show({ kind: 'asking', step: 'resume', is_slow: false });
    expect(bedside.password.placeholder).toBe('••••••••');

    await bedside.show(concealed({ kind: 'refused', notice: { kind: 'refused' } }));

    expect(bedside.text).toContain(words.concealed.refused);
    expect(document.activeElement).toBe(bedside.password);
  });

  it('waits for nobody with a caret after a tap that led nowhere', async () => {
    const bedside = await Bedside.at(concealed());
    await bedside.show({ kind: 'asking', step: 'resume', is_slow: false });
    expect(bedside.password.placeholder).toBe('');

    await bedside.show(concealed({ kind: 'badge', line: 'refused' }));

    expect(document.activeElement).toBe(document.body);
  });

  it('forgets her name when her session is over', async () => {
    const bedside = await Bedside.at(concealed());

    await bedside.show(SIGNED_OUT);
    await bedside.show({ kind: 'asking', step: 'badge', is_slow: false });

    expect(bedside.text).not.toContain('Maria O.');
  });

  it('remembers whose session waits while another factor is asked for', async () => {
    const bedside = await Bedside.at(concealed());
    await bedside.show({ kind: 'second_factor', wants: 'pin', is_loss: false, display_name: 'Maria O.', expires_in_ms: 100_000, tries_left: 10, is_refused: false });
    expect(bedside.text).toContain(words.wanted.pin.title);

    await bedside.show({ kind: 'asking', step: 'resume', is_slow: false });

    expect(bedside.text).toContain('Maria O. is signed in');
  });

  it('wakes for nothing but the next minute', async () => {
    const bedside = await Bedside.at(concealed());
    await bedside.wait(2_000);

    expect(vi.getTimerCount()).toBe(1);
  });

  it('drops a half-typed password after a minute', async () => {
    const bedside = await Bedside.at(concealed());
    await bedside.type('hunt');

    await bedside.wait(60_000);

    expect(bedside.password.value).toBe('');
    expect(bedside.backend.sent).toEqual([]);
  });
});

describe('her last minute', () => {
  it('is counted down with what to do', async () => {
    const bedside = await Bedside.at(concealed({ kind: 'inactivity' }, 60_000));
    expect(bedside.text).toContain('Signs out in 1:00. Resume before then to stay signed in.');

    await bedside.wait(15_000);
    expect(bedside.text).toContain('Signs out in 0:45.');
    await bedside.show({ kind: 'asking', step: 'resume', is_slow: false });
    await bedside.wait(5_000);

    expect(bedside.text).toContain('Signs out in 0:40.');
  });

  it('is spoken at 30 and 10 seconds and at its end, not every second', async () => {
    const bedside = await Bedside.at(concealed({ kind: 'inactivity' }, 60_000));
    expect(bedside.heard).toContain(words.concealed.lastMinuteSpoken);
    const heard = [bedside.heard];

    for (let second = 0; second < 61; second += 1) {
      await bedside.wait(1_000);
      if (bedside.heard !== heard.at(-1)) {
        heard.push(bedside.heard);
      }
    }

    expect(heard.slice(1)).toEqual(['30 seconds left', '10 seconds left', words.secondFactor.timeOver]);
  });

  it('is not moved by anything typed', async () => {
    const bedside = await Bedside.at(concealed(undefined, 60_000));
    await bedside.wait(20_000);

    await bedside.type('strangers type here');

    expect(bedside.text).toContain('Signs out in 0:40.');
    expect(bedside.backend.sent).toEqual([]);
  });

  it('counts by the last view, also when that has another time', async () => {
    const bedside = await Bedside.at(concealed(undefined, 60_000));
    await bedside.wait(10_000);

    await bedside.show(concealed(undefined, 30_000));

    expect(bedside.text).toContain('Signs out in 0:30.');
  });
});

describe('a colleague at a concealed screen', () => {
  it('is told what becomes of her session before he types', async () => {
    const bedside = await Bedside.at(concealed());

    await bedside.click(bedside.button(SOMEONE_ELSE));

    expect(bedside.text).toContain('Once you are in, Maria O. is signed out.');
    expect(bedside.backend.sent).toEqual([]);
    expect(document.activeElement).toBe(document.body);
  });

  it('signs in with name and password', async () => {
    const bedside = await someoneElse();

    await bedside.type('omar');
    bedside.password.focus();
    await bedside.type('other horse');
    await bedside.press('Enter');

    expect(bedside.backend.sent).toEqual([{ kind: 'sign_in', name: 'omar', password: 'other horse' }]);
  });

  it('finds his name again after a refusal, in the words for name and password', async () => {
    const bedside = await someoneElse();
    await bedside.type('omar');
    bedside.password.focus();
    await bedside.type('wrong');
    await bedside.press('Enter');
    await bedside.show({ kind: 'asking', step: 'first_factor', is_slow: false });

    await bedside.show(concealed({ kind: 'refused', notice: { kind: 'refused' } }));

    expect(bedside.text).toContain(words.notice.refused);
    expect(bedside.name.value).toBe('omar');
    expect(document.activeElement).toBe(bedside.password);
  });

  it.each([
    ['Back', async (bedside: Bedside) => bedside.click(bedside.button(words.concealed.back('Maria O.')))],
    ['Escape', async (bedside: Bedside) => bedside.press('Escape')],
    ['a minute of nothing', async (bedside: Bedside) => bedside.wait(60_000)],
  ])('leaves it to her by %s, and nothing he typed stays', async (_, leave) => {
    const bedside = await someoneElse();
    await bedside.type('omar');

    await leave(bedside);

    expect(document.querySelector('#name')).toBeNull();
    expect(bedside.password.value).toBe('');
    expect(bedside.text).toContain('Tap to resume');
    expect(bedside.backend.sent).toEqual([]);
  });

  async function someoneElse(): Promise<Bedside> {
    const bedside = await Bedside.at(concealed());
    await bedside.click(bedside.button(SOMEONE_ELSE));
    return bedside;
  }
});

describe('an unknown badge at a concealed screen', () => {
  it('is offered to whoever signs in by name, with the time for it and what becomes of her session', async () => {
    const bedside = await Bedside.at(offering(30_000));

    expect(bedside.text).toContain('Maria O. is signed in');
    expect(bedside.text).toContain('Enrol this badge? Sign in with your user name, password and code within 0:30.');
    expect(bedside.text).toContain('Once you are in, Maria O. is signed out.');
    expect(bedside.text).not.toContain(words.badge.unknown);
    expect(bedside.text).not.toContain('Tap to resume');
    expect(bedside.heard).toBe(
      'Maria O. is signed in. Enrol this badge? Sign in with your user name, password and code within half a minute. ' +
        'Once you are in, Maria O. is signed out.',
    );
    await bedside.wait(3_000);
    expect(bedside.text).toContain('within 0:27.');
  });

  it('is offered in Spanish as well', async () => {
    const bedside = await Bedside.at(offering(30_000));

    await bedside.speak('es');

    expect(bedside.text).toContain(es.enrolment.title);
    expect(bedside.text).toContain(es.enrolment.line('0:30'));
    expect(bedside.text).toContain(es.concealed.someoneElseLine('Maria O.'));
    expect(bedside.heard).toContain(es.concealed.someoneElseLine('Maria O.'));
  });

  it('takes name and password by keyboard alone, and waits for nobody with a caret', async () => {
    const bedside = await Bedside.at(offering(30_000));
    expect(document.activeElement).toBe(document.body);

    await signInAsOmar(bedside);

    expect(bedside.backend.sent).toEqual([{ kind: 'sign_in', name: 'omar', password: 'other horse' }]);
  });

  it('drops what was typed of her password: the next field is for another one', async () => {
    const bedside = await Bedside.at(concealed());
    await bedside.type('hunt');
    await bedside.show({ kind: 'asking', step: 'resume', is_slow: false });

    await bedside.show(offering(30_000));

    expect(bedside.password.value).toBe('');
    expect(bedside.name.value).toBe('');
  });

  it('stays offered beside a refusal, with the name that was typed', async () => {
    const bedside = await Bedside.at(offering(30_000));
    await signInAsOmar(bedside);
    await bedside.show({ kind: 'asking', step: 'first_factor', is_slow: false });

    await bedside.show(offering(12_000, { kind: 'refused', notice: { kind: 'refused' } }));

    expect(bedside.text).toContain(words.notice.refused);
    expect(bedside.text).toContain('within 0:12.');
    expect(bedside.name.value).toBe('omar');
    expect(bedside.heard).toContain(`${words.notice.refused} ${words.enrolment.title}`);
  });

  it('leaves the screen to her when its time is over and nobody typed', async () => {
    const bedside = await Bedside.at(offering(30_000));
    await bedside.wait(30_000);
    expect(bedside.heard).toBe(words.enrolment.over);

    await bedside.show(concealed());

    expect(bedside.text).toContain('Tap to resume');
    expect(document.querySelector('#name')).toBeNull();
  });

  it('takes nothing away from whoever types when its time is over, and leaves it to her a minute after the last key', async () => {
    const bedside = await Bedside.at(offering(30_000));
    await bedside.type('om');
    await bedside.show(concealed());
    expect(bedside.text).not.toContain(words.enrolment.title);

    await bedside.type('ar');
    expect(bedside.name.value).toBe('omar');
    await bedside.wait(60_000);

    expect(bedside.text).toContain('Tap to resume');
    expect(document.querySelector('#name')).toBeNull();
  });

  it('does not keep her from resuming: back at her password, nothing but another tap opens it again', async () => {
    const bedside = await Bedside.at(offering(30_000));

    await bedside.click(bedside.button(words.concealed.back('Maria O.')));
    await bedside.show({ ...offering(20_000), contact: 'away' });
    expect(bedside.text).not.toContain(words.enrolment.title);
    expect(bedside.text).not.toContain(words.badge.unknown);
    await bedside.type('hunter2');
    await bedside.press('Enter');
    expect(bedside.backend.sent).toEqual([{ kind: 'password', password: 'hunter2' }]);

    await bedside.show({ kind: 'asking', step: 'resume', is_slow: false });
    await bedside.show(offering(30_000));
    expect(bedside.text).toContain(words.enrolment.title);
  });

  it('is not counted aloud over her last minute', async () => {
    const bedside = await Bedside.at(offering(30_000, undefined, 60_000));
    expect(bedside.heard).toContain(words.concealed.lastMinuteSpoken);

    await bedside.wait(20_000);
    expect(bedside.heard).not.toContain('10 seconds left');
    await bedside.wait(10_000);

    expect(bedside.heard).toBe('30 seconds left');
  });

  async function signInAsOmar(bedside: Bedside): Promise<void> {
    await bedside.type('omar');
    bedside.password.focus();
    await bedside.type('other horse');
    await bedside.press('Enter');
  }
});
