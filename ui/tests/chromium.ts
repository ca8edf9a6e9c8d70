import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { expect, inject } from 'vitest';
import type { WindowWithFake } from '../src/lib/backend/fake_window';
import { SCENES, type Scene } from '../src/lib/backend/scenes';
import type { Intent, Language, ScreenView } from '../src/lib/generated/bindings';
import { LANGUAGES } from '../src/lib/messages/words';
import type { Opened } from './opened';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The browser that `CHROMIUM` names, or the first one on the path. */
export function chromiumPath(): string {
  const named = process.env['CHROMIUM'];
  if (named !== undefined && named !== '') {
    return named;
  }
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of NAMES) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // The next one.
      }
    }
  }
  throw new Error('No Chromium on the PATH: install the package `chromium`, or name one in CHROMIUM.');
}

/** What a whole test file shares: one browser with a profile of its own. */
export class Browser {
  readonly context: BrowserContext;
  readonly #profile: string;

  private constructor(context: BrowserContext, profile: string) {
    this.context = context;
    this.#profile = profile;
  }

  static async start(options: BrowserContextOptions = {}): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), 'tapward-ui-'));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: chromiumPath(),
      headless: true,
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
      viewport: { width: 1024, height: 768 },
      timezoneId: 'America/New_York',
      ...options,
    });
    context.setDefaultTimeout(10_000);
    // A browser asks for one, the agent's webview does not.
    await context.route('**/favicon.ico', (route) => route.fulfill({ status: 204 }));
    return new Browser(context, profile);
  }

  async stop(): Promise<void> {
    await this.context.close();
    rmSync(this.#profile, { recursive: true, force: true });
  }

  /** The page with one fake scene, and a list of whatever went wrong in it. */
  async open(fake: string, theme?: string): Promise<Bedside> {
    const page = await this.context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('requestfailed', (request) => complaints.push(`request: ${request.url()}`));
    const query = new URLSearchParams({ fake, ...(theme === undefined ? {} : { theme }) });
    await page.goto(`${inject('origin')}/lock.html?${query.toString()}`);
    await page.waitForFunction(() => ((window as WindowWithFake).tapwardFake?.readyCount ?? 0) > 0);
    return new Bedside(page, complaints);
  }
}

/** One page with a fake agent behind it. */
export class Bedside {
  readonly page: Page;
  /** Errors, refusals of the content security policy and anything else on the console. */
  readonly complaints: string[];

  constructor(page: Page, complaints: string[]) {
    this.page = page;
    this.complaints = complaints;
  }

  async show(screen: Scene | ScreenView): Promise<void> {
    await this.page.evaluate((next) => {
      (window as WindowWithFake).tapwardFake?.show(next);
    }, screen);
  }

  /** Draws one of the scenes afresh, in a theme and a language, and waits for what appears after a moment. */
  async play(name: string, theme?: string, language: Language = 'en'): Promise<void> {
    const next = SCENES[name];
    if (next === undefined) {
      throw new Error(`There is no scene ${name}.`);
    }
    await this.page.evaluate(
      ([next, theme, language]) => {
        const fake = (window as WindowWithFake).tapwardFake;
        if (theme !== undefined) {
          document.documentElement.dataset['theme'] = theme;
        }
        fake?.speak(language);
        fake?.show({ kind: 'starting' });
        fake?.show(next);
      },
      [next, theme, language] as const,
    );
    await this.page.waitForFunction(() => [...document.querySelectorAll('.busy')].every((busy) => busy.textContent.trim() !== ''));
  }

  /** Draws a scene as `play` does, presses the buttons that `open` names in it, and shows what comes then. */
  async open({ scene, open, then = [] }: Pick<Opened, 'scene' | 'open' | 'then'>, theme?: string, language: Language = 'en'): Promise<void> {
    // Another screen in between, so that what was opened on the last one is closed.
    await this.show({ kind: 'starting' });
    await this.page.evaluate(() => new Promise(requestAnimationFrame));
    await this.play(scene, theme, language);
    for (const name of open(LANGUAGES[language])) {
      await this.page.getByRole('button', { name, exact: true }).click();
    }
    for (const next of then) {
      await this.show(next);
    }
  }

  /** Waits until it can be read in the middle of the screen. */
  sees(text: string): Promise<void> {
    return this.page.locator('main').getByText(text).waitFor();
  }

  sent(): Promise<Intent[]> {
    return this.page.evaluate(() => (window as WindowWithFake).tapwardFake?.sent ?? []);
  }

  /** What has the focus, by id or by name. */
  focused(): Promise<string> {
    return this.page.evaluate(() => {
      const element = document.activeElement;
      return element?.id || element?.getAttribute('aria-label') || element?.textContent.trim() || element?.tagName || '';
    });
  }

  /** Nothing was on the console and nothing broke; then the page is closed. */
  async close(): Promise<void> {
    expect(this.complaints).toEqual([]);
    await this.page.close();
  }
}
