import { describe, expect, it } from 'vitest';
import { SCENES, SIGNED_OUT, concealed, noticed } from '../lib/backend/scenes';
import { en as words } from '../lib/messages/en';
import { es } from '../lib/messages/es';
import { Bedside } from './test_bedside';

const READY = { ...SIGNED_OUT, reader: 'ready' } as const;
const OPEN = words.without.open('5-1234');

describe('whoever cannot use badge or phone', () => {
  it('reads what to do, and whom to call', async () => {
    const bedside = await opened();

    for (const part of [words.without.badge.signedOut, words.without.phone.text('5-1234'), words.without.lost.text('5-1234')]) {
      expect(bedside.text).toContain(part);
    }
    expect(document.activeElement?.tagName).toBe('H1');
  });

  it('finds no way past the sign-in: one button that leads back, and one for a lost badge', async () => {
    const bedside = await opened();

    const controls = [...document.querySelectorAll('main :is(button, a, input, summary, [role=button], [role=link])')];
    expect(controls.map((control) => control.textContent.trim())).toEqual([words.without.lost.open, words.without.back]);
    await bedside.click(bedside.button(words.without.back));

    expect(bedside.text).toContain('Tap your badge');
    expect(bedside.backend.sent).toEqual([]);
  });

  it('reads nothing of badges where there is no reader', async () => {
    const bedside = await Bedside.at(SIGNED_OUT);

    await bedside.click(bedside.button(words.help('5-1234')));

    expect(bedside.text).toContain(words.without.titlePhone);
    expect(bedside.text).not.toMatch(/badge/i);
  });

  it('reads at a concealed screen how she resumes', async () => {
    const bedside = await Bedside.at(concealed());

    await bedside.click(bedside.button(OPEN));

    expect(bedside.text).toContain(words.without.badge.concealed);
  });

  it('is told to call the help desk where its number is not known', async () => {
    const bedside = await Bedside.at({ ...READY, place: { ...READY.place, help_line: '' } });

    await bedside.click(bedside.button(words.without.open('')));

    expect(bedside.text).toContain(words.without.phone.text(''));
    expect(bedside.text).not.toContain(' ,');
  });

  it('reads it in Spanish', async () => {
    const bedside = await opened();

    await bedside.speak('es');

    expect(bedside.text).toContain(es.without.lost.text('5-1234'));
  });

  it.each([
    ['Escape', async (bedside: Bedside) => { await bedside.press('Escape'); }],
    ['a minute of nothing', async (bedside: Bedside) => bedside.wait(60_000)],
    ['a tap', async (bedside: Bedside) => bedside.show({ kind: 'asking', step: 'badge', is_slow: false })],
  ])('is back at the sign-in by %s', async (_, leave) => {
    const bedside = await opened();

    await leave(bedside);

    expect(bedside.text).not.toContain(words.without.lost.title);
    expect(bedside.name).not.toBeNull();
    expect(bedside.backend.sent).toEqual([]);
  });

  it('leaves nothing half typed behind', async () => {
    const bedside = await Bedside.at(READY);
    await bedside.fill(bedside.name, 'maria');
    await bedside.fill(bedside.password, 'hunter2');

    await bedside.click(bedside.button(OPEN));
    await bedside.click(bedside.button(words.without.back));

    expect([bedside.name.value, bedside.password.value]).toEqual(['', '']);
  });

  it('stays while only the contact or the reader changes', async () => {
    const bedside = await opened();

    await bedside.show({ ...READY, contact: 'away', reader: 'faulty' });

    expect(bedside.text).toContain(words.without.lost.title);
  });

  it('reads a refusal that comes meanwhile when she is back', async () => {
    const bedside = await opened();
    await bedside.show(noticed({ kind: 'badge', line: 'not_read' }, { reader: 'ready' }));

    await bedside.press('Escape');

    expect(bedside.text).toContain(words.badge.not_read);
  });

  it.each(Object.entries(SCENES))('is helped where somebody is asked to sign in, and nowhere else: %s', async (_, shown) => {
    const bedside = await Bedside.at(shown);
    const { help_line } = shown.place;
    const label = shown.reader === 'none' ? words.help(help_line) : words.without.open(help_line);

    expect(bedside.hasButton(label)).toBe(['signed_out', 'concealed'].includes(shown.screen.kind));
  });
});

async function opened(): Promise<Bedside> {
  const bedside = await Bedside.at(READY);
  await bedside.click(bedside.button(OPEN));
  return bedside;
}
