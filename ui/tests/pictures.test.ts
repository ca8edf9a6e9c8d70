import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCENES } from '../src/lib/backend/scenes';
import type { Language } from '../src/lib/generated/bindings';
import { LANGUAGES } from '../src/lib/messages/words';
import { Browser, type Bedside } from './chromium';
import { OPENED } from './opened';

/** Zooming to 200 % halves the viewport and doubles what is drawn in it. */
const SIZES = [
  { name: '1024x768', width: 1024, height: 768, zoom: 1 },
  { name: '1366x768', width: 1366, height: 768, zoom: 1 },
  { name: '1920x1080', width: 1920, height: 1080, zoom: 1 },
  { name: '1024x768-200', width: 1024, height: 768, zoom: 2 },
];
/** The light and the dark theme have the same measures; the lines of the high-contrast one are wider. */
const MEASURED = ['light', 'contrast'];
/** Each theme at the smallest size, and one at the others and in other languages; all of all for whoever asks. */
const isPictured = (theme: string, size: string, language: Language) =>
  process.env['PICTURES'] === 'all' || theme === 'light' || (size === '1024x768' && language === 'en');
const SPOKEN = Object.keys(LANGUAGES) as Language[];
/**
 * At 200 % a keyboard with keys for a finger leaves no room, nor do three warnings at once: what is out of sight is reached
 * by scrolling and by Tab.
 */
const mayScroll = (name: string, zoom: number) => zoom > 1 && /^(long_names|keyboard|without|concealed_(someone_else|enrolment)_refused|signed_out_policy_refused)/.test(name);
const PICTURES = join(import.meta.dirname, '..', '..', 'target', 'ui-pictures');

mkdirSync(PICTURES, { recursive: true });

describe.each(SIZES)('at $name', ({ name: size, width, height, zoom }) => {
  let browser: Browser;
  let bedside: Bedside;
  beforeAll(async () => {
    browser = await Browser.start({
      viewport: { width: width / zoom, height: height / zoom },
      deviceScaleFactor: zoom,
      reducedMotion: 'reduce',
    });
    bedside = await browser.open('starting');
  });
  afterAll(async () => {
    await bedside.close();
    await browser.stop();
  });

  it.each(SPOKEN.flatMap((language) => Object.keys(SCENES).map((name) => ({ language, name }))))('$name fits in $language', async ({ language, name }) => {
    for (const theme of themes(language)) {
      await bedside.play(name, theme, language);
      await look(name, theme, language);
    }
  });

  it.each(SPOKEN.flatMap((language) => OPENED.map((opened) => ({ language, name: opened.name, opened }))))('$name fits in $language', async ({ language, name, opened }) => {
    for (const theme of themes(language)) {
      await bedside.open(opened, theme, language);
      await look(name, theme, language);
    }
  });

  function themes(language: Language): string[] {
    return ['light', 'dark', 'contrast'].filter((theme) => isPictured(theme, size, language) || MEASURED.includes(theme));
  }

  async function look(name: string, theme: string, language: Language) {
    if (isPictured(theme, size, language)) {
      const spoken = language === 'en' ? '' : `-${language}`;
      await bedside.page.screenshot({ path: join(PICTURES, `${name}-${theme}-${size}${spoken}.png`) });
    }
    const { downwards, ...rest } = await overflow(bedside.page);
    expect(rest).toEqual({ sideways: 0, cut: [] });
    if (!mayScroll(name, zoom)) {
      expect(downwards).toBe(0);
    }
  }
});

/** How far the page is larger than the window, and which texts are cut off or out of sight. */
function overflow(page: Bedside['page']) {
  return page.evaluate(() => {
    const root = document.documentElement;
    const isForTheEarAlone = (element: Element | null): boolean =>
      element !== null && (getComputedStyle(element).clipPath === 'inset(50%)' || isForTheEarAlone(element.parentElement));
    const cut = [...document.querySelectorAll('main *, header *, footer *')]
      .filter((element) => element.closest('svg') === null && !isForTheEarAlone(element))
      .filter((element) => {
        const box = element.getBoundingClientRect();
        const isOutside = box.left < -1 || box.top < -1 || box.right > root.clientWidth + 1;
        return isOutside || (element.tagName !== 'INPUT' && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0);
      })
      .map((element) => `${element.tagName}.${element.className} ${element.textContent.trim().slice(0, 30)}`);
    return {
      sideways: Math.max(0, root.scrollWidth - root.clientWidth),
      downwards: Math.max(0, root.scrollHeight - root.clientHeight),
      cut,
    };
  });
}
