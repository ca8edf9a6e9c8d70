import { describe, expect, it } from 'vitest';
import { CODES, NOTICES, SCENES, SIGNED_OUT, noticed, scene } from '../lib/backend/scenes';
import type { ScreenView } from '../lib/generated/bindings';
import { en } from '../lib/messages/en';
import { es } from '../lib/messages/es';
import { Bedside } from './test_bedside';

const SECOND_FACTOR: ScreenView = { kind: 'second_factor', wants: 'totp', is_loss: false, expires_in_ms: 100_000, tries_left: 5, is_refused: false };
/** Something is under way by itself, or the desktop is hers. */
const NOTHING_TO_CHOOSE = ['starting', 'opening', 'signing_out', 'active', 'inactivity_warning'];

describe('the language switch', () => {
  it('offers Spanish in Spanish to whoever reads English, and English in English to whoever reads Spanish', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    expect(bedside.button('Español').lang).toBe('es');
    expect(bedside.hasButton('English')).toBe(false);

    await bedside.speak('es');

    expect(bedside.button('English').lang).toBe('en');
    expect(bedside.hasButton('Español')).toBe(false);
  });

  it('asks the agent and changes nothing by itself', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);

    await bedside.click(bedside.button('Español'));

    expect(bedside.backend.sent).toEqual([{ kind: 'choose_language', language: 'es' }]);
    expect(bedside.text).toContain(en.signedOut.next);
  });

  it.each(Object.entries(SCENES))('is where something can be chosen, and nowhere else: %s', async (_, shown) => {
    const bedside = await Bedside.at(shown);

    expect(bedside.hasButton('Español')).toBe(!NOTHING_TO_CHOOSE.includes(shown.screen.kind));
    expect(document.querySelectorAll('select')).toHaveLength(0);
  });

  it('is not offered while the agent does not hear', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    bedside.backend.isDeaf = true;
    await bedside.click(bedside.button('Español'));

    expect(bedside.text).toContain(en.starting.title);
    expect(bedside.hasButton('Español')).toBe(false);
  });
});

describe('another language', () => {
  it('chosen by keyboard, the first letter typed after it goes into the name', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    bedside.button('Español').focus();
    await bedside.speak('es');

    await bedside.type('maria');

    expect(bedside.name.value).toBe('maria');
  });

  it('chosen by keyboard while something was typed, no key goes where it was not meant to', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    await bedside.fill(bedside.name, 'mar');
    bedside.button('Español').focus();
    await bedside.speak('es');

    await bedside.type('ia');
    await bedside.press('Tab');

    expect([bedside.name.value, bedside.password.value]).toEqual(['mar', '']);
  });

  it('loses nothing of the name and the password that were being typed', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    await bedside.fill(bedside.name, 'maria');
    await bedside.fill(bedside.password, 'correct horse');

    await bedside.speak('es');

    expect([bedside.name.value, bedside.password.value]).toEqual(['maria', 'correct horse']);
    expect(document.activeElement).toBe(bedside.password);
    await bedside.click(bedside.button(es.signedOut.submit));
    expect(bedside.backend.sent).toEqual([{ kind: 'sign_in', name: 'maria', password: 'correct horse' }]);
  });

  it('loses nothing of the code, its time or its tries', async () => {
    const bedside = await Bedside.at(SECOND_FACTOR);
    await bedside.type('123');

    await bedside.speak('es');

    expect(bedside.code.value).toBe('123');
    expect(bedside.text).toContain(`${es.secondFactor.timeLeft('1:40')} · ${es.secondFactor.triesLeft(5)}`);
  });

  it('is the language of the page, and a screen reader hears the screen in it at once', async () => {
    const bedside = await Bedside.at(noticed({ kind: 'session_ended', cause: 'inactivity' }));
    expect(document.documentElement.lang).toBe('en');

    await bedside.speak('es');

    expect(document.documentElement.lang).toBe('es');
    expect(bedside.heard).toBe(es.notice.sessionEnded.inactivity);
  });

  it('counts down in its own words', async () => {
    const bedside = await Bedside.at(SECOND_FACTOR);
    await bedside.speak('es');

    await bedside.wait(40_000);
    expect(bedside.heard).toBe('Quedan 60 segundos');
    await bedside.wait(60_000);

    expect(bedside.heard).toBe(es.secondFactor.timeOver);
    expect(bedside.text).toContain(es.secondFactor.timeOver);
  });

  it('writes the day and the time of the ward', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    await bedside.speak('es');

    expect(bedside.text).toContain('07:02');
    expect(bedside.text).toContain('Sábado, 21 de noviembre');
  });

  it('says what is missing', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);
    await bedside.click(bedside.button(en.signedOut.submit));
    expect(bedside.text).toContain(en.signedOut.nameMissing);

    await bedside.speak('es');

    expect(bedside.text).toContain(es.signedOut.nameMissing);
  });

  it.each(Object.entries(NOTICES))('says the notice: %s', async (_, notice) => {
    const bedside = await Bedside.at(noticed(notice));
    await bedside.speak('es');
    const [line = ''] = [...document.querySelectorAll('.line')].map((one) => one.textContent.trim());

    expect(line).not.toBe('');
    expect(bedside.heard).not.toBe('');
    expect(isEnglish(line)).toBe(false);
    expect(isEnglish(bedside.heard)).toBe(false);
  });

  it.each(Object.entries(SCENES))('leaves no word of English on the screen: %s', async (_, shown) => {
    const bedside = await Bedside.at(shown);
    await bedside.speak('es');
    await bedside.wait(150);
    for (const other of document.querySelectorAll('[lang=en]:not(html)')) {
      other.remove();
    }
    const { place } = shown;
    const names = [place.organisation, place.unit, place.help_line, 'display_name' in shown.screen ? shown.screen.display_name : ''];
    const said = (text: string) => names.filter((name) => name !== '').reduce((left, name) => left.replaceAll(name, ''), text);

    expect(isEnglish(said(bedside.text))).toBe(false);
    expect(isEnglish(said(bedside.heard))).toBe(false);
    for (const named of document.querySelectorAll('[aria-label]')) {
      expect(isEnglish(named.getAttribute('aria-label') ?? '')).toBe(false);
    }
  });

  it.each(CODES)('keeps the code that is read out to the help desk: %s', async (code) => {
    const bedside = await Bedside.at(scene({ kind: 'fail_closed', code, since_ms: 240_000, retry_in_ms: 20_000 }));
    await bedside.speak('es');

    for (const part of [es.failClosed.what[code], es.failClosed.todo[code], `Código ${code}`, '7f3a-91c2', '5-1234', 'Desde hoy, 06:58']) {
      expect(bedside.text).toContain(part);
    }
  });
});

/** Words without which hardly anything is said in English, and which Spanish does not have. */
function isEnglish(text: string): boolean {
  return /\b(the|this|you|your|is|was|are|of|to|it|in|and|sign|signed|try|again|left|code|help|call|password|work|server)\b/i.test(
    text.replace(/\bCódigo [a-z_]+(\.[a-z_]+)?/g, ''),
  );
}
