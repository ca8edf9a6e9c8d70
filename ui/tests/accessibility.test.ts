import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { default as Axe, RunOptions } from 'axe-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCENES } from '../src/lib/backend/scenes';
import { LANGUAGES } from '../src/lib/messages/words';
import { Browser, type Bedside } from './chromium';
import { OPENED } from './opened';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** 48 CSS pixels, for a gloved finger. */
const TARGET_LEAST = 48;

const EVERY_RULE: RunOptions = {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  rules: { 'target-size': { enabled: true } },
};
const COLOURS: RunOptions = { runOnly: { type: 'rule', values: ['color-contrast'] } };

describe.each([
  { name: '1024x768', width: 1024, height: 768 },
  { name: '1024x768 at 200 %', width: 512, height: 384 },
])('at $name', ({ width, height }) => {
  let browser: Browser;
  let bedside: Bedside;
  beforeAll(async () => {
    browser = await Browser.start({ viewport: { width, height }, reducedMotion: 'reduce', bypassCSP: true });
    bedside = await browser.open('starting');
    await bedside.page.addScriptTag({ content: AXE });
  });
  afterAll(async () => {
    await bedside.close();
    await browser.stop();
  });

  it.each(Object.keys(SCENES))('%s breaks no rule of WCAG 2.2 AA', async (name) => {
    await bedside.play(name, 'light');
    expect(await violations(bedside, EVERY_RULE)).toEqual([]);

    // The words are others, in another language of the page.
    await bedside.play(name, 'light', 'es');
    expect(await violations(bedside, EVERY_RULE)).toEqual([]);

    // Only the colours differ between the themes.
    for (const theme of ['dark', 'contrast']) {
      await bedside.play(name, theme);
      expect(await violations(bedside, COLOURS)).toEqual([]);
    }
  });

  it.each(OPENED)('$name breaks no rule of WCAG 2.2 AA', async (opened) => {
    await bedside.open(opened, 'light');
    expect(await violations(bedside, EVERY_RULE)).toEqual([]);

    await bedside.open(opened, 'light', 'es');
    expect(await violations(bedside, EVERY_RULE)).toEqual([]);

    for (const theme of ['dark', 'contrast']) {
      await bedside.open(opened, theme);
      expect(await violations(bedside, COLOURS)).toEqual([]);
    }
  });

  it.each(
    (['en', 'es'] as const).flatMap((language) => Object.keys(SCENES).map((name) => ({ language, name }))),
  )('$name has targets for a gloved finger in $language', async ({ language, name }) => {
    await bedside.play(name, 'light', language);

    expect(await smallTargets(bedside)).toEqual([]);
  });

  it.each((['en', 'es'] as const).flatMap((language) => OPENED.map((opened) => ({ language, name: opened.name, opened }))))(
    '$name has targets for a gloved finger in $language',
    async ({ language, opened }) => {
      await bedside.open(opened, 'light', language);

      expect(await smallTargets(bedside)).toEqual([]);
    },
  );

  it.each(['letters', 'symbols', 'accents'] as const)('each layer of the keyboard has keys for a gloved finger, side by side: %s', async (layer) => {
    for (const language of ['en', 'es'] as const) {
      const { keyboard } = LANGUAGES[language];
      await bedside.open({ scene: 'signed_out', open: () => [keyboard.show] }, 'contrast', language);
      if (layer !== 'letters') {
        await bedside.page.getByRole('button', { name: keyboard[layer] }).click();
      }

      expect(await smallTargets(bedside)).toEqual([]);
      const sideways = await bedside.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(sideways).toBe(0);
    }
  });
});

describe('what the system asks for', () => {
  it.each([
    { wish: { colorScheme: 'dark' as const }, theme: 'dark' },
    { wish: { colorScheme: 'light' as const }, theme: 'light' },
    { wish: { contrast: 'more' as const }, theme: 'contrast' },
  ])('is shown: $theme', async ({ wish, theme }) => {
    const browser = await Browser.start(wish);
    const bedside = await browser.open('signed_out');

    expect(await bedside.page.evaluate(() => document.documentElement.dataset['theme'])).toBe(theme);

    await bedside.close();
    await browser.stop();
  });

  it('is left to paint with its own colours', async () => {
    const browser = await Browser.start({ forcedColors: 'active' });
    const bedside = await browser.open('refused');

    const [ground, system] = await bedside.page.evaluate(() => {
      const probe = document.createElement('div');
      probe.className = 'probe';
      document.body.append(probe);
      probe.style.backgroundColor = 'Canvas';
      return [getComputedStyle(document.documentElement).backgroundColor, getComputedStyle(probe).backgroundColor];
    });
    expect(ground).toBe(system);

    await bedside.close();
    await browser.stop();
  });

  it('stills every movement', async () => {
    const browser = await Browser.start({ reducedMotion: 'reduce' });
    const bedside = await browser.open('starting');
    await bedside.play('asking_slow');

    expect(await bedside.page.evaluate(() => document.getAnimations().length)).toBe(0);

    await bedside.close();
    await browser.stop();
  });
});

/** What is too small to be touched; a row that is not drawn is no target. */
function smallTargets(bedside: Bedside): Promise<string[]> {
  return bedside.page.evaluate(
    (least) =>
      [...document.querySelectorAll('button, input')]
        .filter((element) => element.checkVisibility())
        .map((element) => ({ at: element.outerHTML.slice(0, 80), box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width < least || box.height < least)
        .map(({ at, box }) => `${at}: ${box.width.toString()} x ${box.height.toString()}`),
    TARGET_LEAST,
  );
}

/** The rules that are broken, and where; throws when axe looked at nothing. */
async function violations(bedside: Bedside, options: RunOptions): Promise<{ id: string; at: string[] }[]> {
  const { violations, passes } = await bedside.page.evaluate(
    (options) => (window as unknown as { axe: typeof Axe }).axe.run(document, options),
    options,
  );
  if (passes.length === 0 && options === EVERY_RULE) {
    throw new Error('No rule of axe applied to the page.');
  }
  return violations.map(({ id, nodes }) => ({ id, at: nodes.map((node) => node.html) }));
}
