import { describe, expect, it } from 'vitest';
import { concealed, offering, renewing } from '../lib/backend/scenes';
import { en as words } from '../lib/messages/en';
import { es } from '../lib/messages/es';
import { Bedside } from './test_bedside';

describe('whoever renews what her tap may do', () => {
  it('reads what is asked of her and that her session is kept, and no word of tapping', async () => {
    const bedside = await Bedside.at(renewing());

    expect(bedside.text).toContain("Maria O. is signed in Renew your badge's time Enter your password, and then a code. Your session is kept.");
    expect(bedside.text).not.toMatch(/\btap\b|resume/i);
    expect(bedside.heard).toBe("Maria O. is signed in. Renew your badge's time. Enter your password, and then a code. Your session is kept.");
    await bedside.speak('es');
    expect(bedside.text).toContain(`${es.renewing.title} ${es.renewing.line}`);
    expect(bedside.heard).toContain(es.renewing.title);
  });

  it('sends her password, by keyboard alone', async () => {
    const bedside = await Bedside.at(renewing());

    await bedside.type('hunter2');
    await bedside.press('Enter');

    expect(bedside.backend.sent).toEqual([{ kind: 'password', password: 'hunter2' }]);
    expect(document.documentElement.outerHTML).not.toContain('hunter2');
  });

  it('is told to type it first, in words that fit', async () => {
    const bedside = await Bedside.at(renewing());

    await bedside.click(bedside.button(words.renewing.submit));

    expect(bedside.text).toContain(words.wanted.password.next);
    expect(bedside.backend.sent).toEqual([]);
  });

  it('is still renewing while the server is asked, and after a refusal', async () => {
    const bedside = await Bedside.at(renewing());
    await bedside.type('wrong');
    await bedside.press('Enter');
    await bedside.show({ kind: 'asking', step: 'resume', is_slow: false });
    expect(bedside.text).toContain(words.renewing.title);

    await bedside.show(renewing({ kind: 'refused', notice: { kind: 'refused' } }));

    expect(bedside.text).toContain(words.renewing.title);
    expect(bedside.text).toContain(words.concealed.refused);
    expect(document.activeElement).toBe(bedside.password);
  });

  it.each([
    ['the button', async (bedside: Bedside) => bedside.click(bedside.button(words.renewing.notNow))],
    ['Escape', async (bedside: Bedside) => { await bedside.press('Escape'); }],
  ])('leaves it by %s, and finds her concealed screen as it is otherwise', async (_, leave) => {
    const bedside = await Bedside.at(renewing());
    await bedside.type('hunt');

    await leave(bedside);
    expect(bedside.backend.sent).toEqual([{ kind: 'cancel' }]);
    expect(bedside.password.value).toBe('');
    await bedside.show(concealed());

    expect(bedside.text).toContain('Tap to resume');
    expect(bedside.text).not.toContain(words.renewing.title);
    expect(bedside.hasButton(words.renewing.notNow)).toBe(false);
  });

  it('asks nothing of the agent by being left alone', async () => {
    const bedside = await Bedside.at(renewing());
    await bedside.type('hunt');

    await bedside.wait(60_000);

    expect(bedside.password.value).toBe('');
    expect(bedside.backend.sent).toEqual([]);
  });

  it('gives way to somebody else whose badge may be enrolled', async () => {
    const bedside = await Bedside.at(renewing());
    const offered = offering(30_000);

    await bedside.show({ ...offered, screen: { ...offered.screen, is_renewing: true } as typeof offered.screen });

    expect(bedside.text).toContain(words.enrolment.title);
    expect(bedside.text).not.toContain(words.renewing.title);
    expect(bedside.hasButton(words.renewing.notNow)).toBe(false);
    expect(bedside.hasButton(words.signedOut.submit)).toBe(true);
  });

  it('keeps her last minute in sight', async () => {
    const bedside = await Bedside.at(renewing(undefined, 45_000));

    expect(bedside.text).toContain('Signs out in 0:45.');
    expect(bedside.text).toContain(words.renewing.title);
  });
});
