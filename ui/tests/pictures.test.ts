import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCENES } from '../src/lib/backend/scenes';
import { Browser, type Bedside } from './chromium';

/** Zooming to 200 % halves the viewport and doubles what is drawn in it. */
const SIZES = [
  { name: '1024x768', width: 1024, height: 768, zoom: 1 },
  { name: '1366x768', width: 1366, height: 768, zoom: 1 },
  { name: '1920x1080', width: 1920, height: 1080, zoom: 1 },
  { name: '1024x768-200', width: 1024, height: 768, zoom: 2 },
];
const THEMES = ['light', 'dark', 'contrast'];
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

  it.each(Object.keys(SCENES))('%s fits, in every theme', async (name) => {
    for (const theme of THEMES) {
      await bedside.play(name, theme);

      await bedside.page.screenshot({ path: join(PICTURES, `${name}-${theme}-${size}.png`) });
      expect(await overflow(bedside.page)).toEqual({ sideways: 0, downwards: 0, cut: [] });
    }
  });
});

/** How far the page is larger than the window, and which texts are cut off or out of sight. */
function overflow(page: Bedside['page']) {
  return page.evaluate(() => {
    const root = document.documentElement;
    const cut = [...document.querySelectorAll('main *, header *, footer *')]
      .filter((element) => !element.classList.contains('visually-hidden') && element.closest('svg') === null)
      .filter((element) => {
        const box = element.getBoundingClientRect();
        const isOutside = box.left < -1 || box.top < -1 || box.right > root.clientWidth + 1 || box.bottom > root.clientHeight + 1;
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
