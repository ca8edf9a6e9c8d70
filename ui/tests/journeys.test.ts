import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { renewing, scene } from '../src/lib/backend/scenes';
import { en as words } from '../src/lib/messages/en';
import { es } from '../src/lib/messages/es';
import { Browser, type Bedside } from './chromium';

let browser: Browser;
let bedside: Bedside;
beforeAll(async () => {
  browser = await Browser.start();
});
afterAll(() => browser.stop());
beforeEach(async () => {
  bedside = await browser.open('story');
});
afterEach(() => bedside.close());

describe('by keyboard alone', () => {
  it('she signs in with name, password and code', async () => {
    const { keyboard } = bedside.page;
    expect(await bedside.focused()).not.toBe('name');

    await keyboard.type('maria');
    await keyboard.press('Tab');
    await keyboard.type('correct horse');
    await keyboard.press('Enter');
    await bedside.sees(words.secondFactor.title);
    await keyboard.type('123456');
    await bedside.sees('Welcome, Maria O.');

    expect(await bedside.sent()).toEqual([
      { kind: 'sign_in', name: 'maria', password: 'correct horse' },
      { kind: 'code', code: '123456' },
    ]);
  });

  it('she is refused, types the password again, mistypes the code, and is in', async () => {
    const { page } = bedside;
    const { keyboard } = page;

    await keyboard.type('maria');
    await keyboard.press('Tab');
    await keyboard.type('wrong');
    await keyboard.press('Enter');
    await bedside.sees(words.notice.refused);
    await page.waitForFunction(() => document.activeElement?.id === 'password');
    expect(await page.inputValue('#name')).toBe('maria');
    expect(await page.inputValue('#password')).toBe('');

    await keyboard.type('correct horse');
    await keyboard.press('Enter');
    await bedside.sees(words.secondFactor.title);
    await keyboard.type('000000');
    await bedside.sees('4 tries left');
    await keyboard.type('123456');
    await bedside.sees('Welcome, Maria O.');
  });

  it('five wrong codes take her back to the beginning, with words', async () => {
    const { keyboard } = bedside.page;
    await keyboard.type('maria');
    await keyboard.press('Tab');
    await keyboard.type('correct horse');
    await keyboard.press('Enter');
    for (const left of [5, 4, 3, 2]) {
      await bedside.sees(words.secondFactor.triesLeft(left));
      await keyboard.type('000000');
    }
    await bedside.sees(words.secondFactor.triesLeft(1));

    await keyboard.type('000000');

    await bedside.sees(words.notice.challengeOver);
    expect(await bedside.page.inputValue('#name')).toBe('');
  });

  it('Escape leaves the code and nothing of it stays', async () => {
    const { keyboard } = bedside.page;
    await keyboard.type('maria');
    await keyboard.press('Tab');
    await keyboard.type('correct horse');
    await keyboard.press('Enter');
    await bedside.sees(words.secondFactor.title);
    await keyboard.type('123');

    await keyboard.press('Escape');
    await bedside.page.locator('#name').waitFor();

    expect(await bedside.page.inputValue('#name')).toBe('');
    expect((await bedside.sent()).at(-1)).toEqual({ kind: 'cancel' });
  });

  it('every control is reached by Tab in reading order, and shows that it has the focus', async () => {
    const reached: string[] = [];
    for (let press = 0; press < 7; press += 1) {
      await bedside.page.keyboard.press('Tab');
      reached.push(await bedside.focused());
      const mark = await bedside.page.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement ?? document.body);
        return `${outlineStyle} ${outlineWidth}`;
      });
      expect(mark).toBe('solid 4px');
    }

    expect(reached).toEqual([
      'name',
      'password',
      words.signedOut.showPassword,
      words.signedOut.submit,
      words.help('5-1234'),
      words.keyboard.show,
      es.languageName,
    ]);
  });

  it('she has her lost badges revoked, is refused once, and is told how many there were', async () => {
    const { page } = bedside;
    const { keyboard } = page;
    await bedside.show(scene({ kind: 'signed_out', enrolment_offered_ms: null }, { reader: 'ready' }));
    await reach(words.without.open('5-1234'));
    await keyboard.press('Enter');
    await bedside.sees(words.without.phone.title);
    await reach(words.without.lost.open);
    await keyboard.press('Enter');
    await bedside.sees(words.lost.line);

    await keyboard.type('maria');
    expect(await page.inputValue('#name')).toBe('maria');
    await keyboard.press('Tab');
    await keyboard.type('wrong');
    await keyboard.press('Enter');
    await bedside.sees(words.notice.refused);
    await page.waitForFunction(() => document.activeElement?.id === 'password');
    await keyboard.type('correct horse');
    await keyboard.press('Enter');
    await bedside.sees(words.lost.wanted.totp);
    await keyboard.type('123456');
    await bedside.sees(words.notice.badgesRevoked(2));

    expect(await bedside.sent()).toEqual([
      { kind: 'lost_badge', name: 'maria', password: 'wrong' },
      { kind: 'lost_badge', name: 'maria', password: 'correct horse' },
      { kind: 'code', code: '123456' },
    ]);
  });

  it('she leaves the renewal for later', async () => {
    await bedside.show(renewing());
    await bedside.sees(words.renewing.line);

    await reach(words.renewing.notNow);
    await bedside.page.keyboard.press('Enter');

    expect(await bedside.sent()).toEqual([{ kind: 'cancel' }]);
  });

  it('she chooses Spanish, and signs in in Spanish', async () => {
    const { page } = bedside;
    const { keyboard } = page;
    await keyboard.type('maria');
    for (let press = 0; press < 6; press += 1) {
      await keyboard.press('Tab');
    }
    await keyboard.press('Enter');
    await bedside.sees(es.signedOut.next);

    expect(await page.evaluate(() => document.documentElement.lang)).toBe('es');
    expect(await bedside.focused()).toBe(words.languageName);
    expect(await page.inputValue('#name')).toBe('maria');
    await page.focus('#password');
    await keyboard.type('correct horse');
    await keyboard.press('Enter');
    await bedside.sees(es.secondFactor.title);
    await keyboard.type('000000');
    await bedside.sees(es.secondFactor.triesLeft(4));
    await keyboard.type('123456');
    await bedside.sees(es.opening.title('Maria O.'));
  });
});

describe('by touch or mouse', () => {
  it('choosing a language leaves the caret and what was typed where they are', async () => {
    const { page } = bedside;
    await page.keyboard.type('mar');

    await page.getByRole('button', { name: es.languageName }).click();
    await bedside.sees(es.signedOut.next);
    await page.keyboard.type('ia');

    expect(await bedside.focused()).toBe('name');
    expect(await page.inputValue('#name')).toBe('maria');
    expect(await bedside.sent()).toEqual([{ kind: 'choose_language', language: 'es' }]);
  });

  it('after choosing one, the first key goes where it belongs', async () => {
    const { page } = bedside;

    await page.getByRole('button', { name: es.languageName }).click();
    await bedside.sees(es.signedOut.next);
    await page.keyboard.type('maria');

    expect(await page.inputValue('#name')).toBe('maria');
  });
});

describe('on a cart without keys', () => {
  let cart: Browser;
  let bedside: Bedside;
  beforeAll(async () => {
    cart = await Browser.start({ hasTouch: true });
  });
  afterAll(() => cart.stop());
  beforeEach(async () => {
    bedside = await cart.open('story');
  });
  afterEach(() => bedside.close());

  it('she signs in by touch alone, on the keyboard that comes with the field', async () => {
    const { page } = bedside;
    expect(await page.locator('.keyboard').count()).toBe(0);

    await page.locator('#name').tap();
    await tap('maria');
    expect(await bedside.focused()).toBe('name');
    await page.locator('#password').tap();
    await tap('correct horse');
    expect(await bedside.focused()).toBe('password');
    await page.getByRole('button', { name: words.keyboard.enter }).tap();
    await bedside.sees(words.secondFactor.title);
    await tap('123456');
    await bedside.sees('Welcome, Maria O.');

    expect(await bedside.sent()).toEqual([
      { kind: 'sign_in', name: 'maria', password: 'correct horse' },
      { kind: 'code', code: '123456' },
    ]);
  });

  it('the caret stays where she put it while she types and takes back', async () => {
    const { page } = bedside;
    await page.locator('#name').tap();
    await tap('mria');
    await page.evaluate(() => {
      (document.activeElement as HTMLInputElement).setSelectionRange(1, 1);
    });

    await tap('x');
    await page.getByRole('button', { name: words.keyboard.backspace }).tap();
    await tap('a');

    expect(await page.inputValue('#name')).toBe('maria');
    expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).selectionStart)).toBe(2);
  });

  it('Undo does not bring back what was typed on it', async () => {
    const { page } = bedside;
    await page.locator('#password').tap();
    await tap('hunter2');
    await page.keyboard.press('Escape');
    await page.locator('#password').tap();

    await page.keyboard.press('Control+z');

    expect(await page.inputValue('#password')).toBe('');
  });

  async function tap(text: string): Promise<void> {
    for (const letter of text) {
      await bedside.page.locator('.keyboard').getByRole('button', { name: letter === ' ' ? words.keyboard.space : letter, exact: true }).tap();
    }
  }
});

describe('what the desktop or the browser would do', () => {
  it.each(['Meta+t', 'Alt+d', 'Control+r', 'Control+p', 'Control+u', 'F5', 'F7', 'F12', 'Shift+F10'])(
    '%s types nothing, opens nothing and loses nothing',
    async (shortcut) => {
      await bedside.page.keyboard.type('maria');

      await bedside.page.keyboard.press(shortcut);

      expect(await bedside.page.inputValue('#name')).toBe('maria');
      expect(await bedside.focused()).toBe('name');
      expect(browser.context.pages()).toHaveLength(2);
    },
  );

  it('no menu, no drag, nothing to mark outside a field', async () => {
    const { page } = bedside;

    const menu = await page.evaluate(() => document.body.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true })));
    await page.mouse.dblclick(512, 100);
    await page.keyboard.press('Control+a');

    expect(menu).toBe(false);
    expect(await page.evaluate(() => getSelection()?.toString() ?? '')).toBe('');
  });

  it('Undo does not bring a sent password back', async () => {
    const { keyboard } = bedside.page;
    await keyboard.type('maria');
    await keyboard.press('Tab');
    await keyboard.type('hunter2');
    await keyboard.press('Enter');
    await bedside.sees(words.notice.refused);
    await bedside.page.waitForFunction(() => document.activeElement?.id === 'password');

    await keyboard.press('Control+z');

    expect(await bedside.page.inputValue('#password')).toBe('');
  });
});

describe('pasting', () => {
  it('fills the six boxes from "123 456" and submits them', async () => {
    await bedside.show({ kind: 'second_factor', wants: 'totp', is_loss: false, expires_in_ms: 100_000, tries_left: 5, is_refused: false });

    await paste('123 456');

    await bedside.sees('Welcome, Maria O.');
    expect(await bedside.sent()).toEqual([{ kind: 'code', code: '123456' }]);
  });

  it('takes a long password into its field', async () => {
    await bedside.page.keyboard.type('maria');
    await bedside.page.keyboard.press('Tab');

    await paste('long '.repeat(2_000));
    await bedside.page.keyboard.press('Enter');

    await bedside.sees(words.notice.refused);
    expect(await bedside.sent()).toEqual([{ kind: 'sign_in', name: 'maria', password: 'long '.repeat(2_000) }]);
  });
});

describe('after the story', () => {
  it('nothing that was typed is left in the page or in any store of the browser', async () => {
    const { page } = bedside;
    await page.keyboard.type('maria');
    await page.keyboard.press('Tab');
    await page.keyboard.type('canary-horse');
    await page.keyboard.press('Enter');
    await bedside.sees(words.notice.refused);

    const left = await page.evaluate(async () => ({
      local: Object.keys(localStorage),
      session: Object.keys(sessionStorage),
      databases: (await indexedDB.databases()).map(({ name }) => name),
      cookie: document.cookie,
      address: location.href,
      page: document.documentElement.outerHTML,
      fields: [...document.querySelectorAll('input')].map(({ value }) => value),
    }));

    expect(left).toMatchObject({ local: [], session: [], databases: [], cookie: '', fields: ['maria', ''] });
    expect(left.address).not.toContain('canary');
    expect(left.page).not.toContain('canary');
  });
});

/** Goes on with Tab until the button of this name has the focus. */
async function reach(name: string): Promise<void> {
  for (let press = 0; press < 12; press += 1) {
    await bedside.page.keyboard.press('Tab');
    if ((await bedside.focused()) === name) {
      return;
    }
  }
  throw new Error(`Tab does not lead to "${name}".`);
}

/** As the clipboard does it: the text arrives at once. */
async function paste(text: string): Promise<void> {
  await bedside.page.waitForFunction(() => document.activeElement instanceof HTMLInputElement);
  await bedside.page.keyboard.insertText(text);
}
