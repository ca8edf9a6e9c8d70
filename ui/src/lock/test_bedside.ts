import { render } from '@testing-library/svelte';
import { flushSync, tick } from 'svelte';
import { vi } from 'vitest';
import { FakeBackend } from '../lib/backend/fake';
import type { Scene } from '../lib/backend/scenes';
import type { Language, ScreenView } from '../lib/generated/bindings';
import { LANGUAGES } from '../lib/messages/words';
import App from './App.svelte';

/** The page with a fake agent behind it and the clock in the test's hand. */
export class Bedside {
  readonly backend: FakeBackend;

  private constructor(backend: FakeBackend) {
    this.backend = backend;
    render(App, { props: { backend } });
    flushSync();
  }

  /** A page that has drawn `first`; without it, one that waits for its first view. */
  static async at(first?: Scene | ScreenView): Promise<Bedside> {
    const backend = new FakeBackend();
    if (first !== undefined) {
      backend.show(first);
    }
    const bedside = new Bedside(backend);
    await settle();
    return bedside;
  }

  /** The agent says everything in another language. */
  async speak(language: Language): Promise<void> {
    this.backend.speak(language);
    await settle();
  }

  async show(next: Scene | ScreenView): Promise<void> {
    this.backend.show(next);
    await settle();
  }

  /** Lets time pass, and everything that is due happen. */
  async wait(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
    await settle();
  }

  /** All that can be read on screen, without what only a screen reader hears. */
  get text(): string {
    const page = document.body.cloneNode(true) as HTMLElement;
    for (const hidden of page.querySelectorAll('.visually-hidden')) {
      hidden.remove();
    }
    return page.textContent.replace(/[ \t\r\n]+/g, ' ').trim();
  }

  /** What the screen reader heard last. */
  get heard(): string {
    return document.querySelector('[role=status][aria-live]')?.textContent.trim() ?? '';
  }

  get name(): HTMLInputElement {
    return field('#name');
  }

  get password(): HTMLInputElement {
    return field('#password');
  }

  get code(): HTMLInputElement {
    return field(Object.values(LANGUAGES).map(({ secondFactor }) => `[aria-label="${secondFactor.label}"]`).join());
  }

  button(label: string): HTMLButtonElement {
    const found = [...document.querySelectorAll('button')].find(
      (button) => button.textContent.trim() === label || button.getAttribute('aria-label') === label,
    );
    if (found === undefined) {
      throw new Error(`There is no button "${label}".`);
    }
    return found;
  }

  hasButton(label: string): boolean {
    return [...document.querySelectorAll('button')].some((button) => button.textContent.trim() === label);
  }

  /**
   * Presses a key as a keyboard would: a letter is typed into what has the focus, unless somebody forbade it. Returns
   * whether it was let through.
   */
  async press(key: string, modifiers: KeyboardEventInit & { states?: string[] } = {}): Promise<boolean> {
    const { states = [], ...init } = modifiers;
    const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init });
    event.getModifierState = (name) =>
      states.includes(name) || (name === 'Control' && event.ctrlKey) || (name === 'Alt' && event.altKey) || (name === 'Meta' && event.metaKey);
    const isLetThrough = (document.activeElement ?? document.body).dispatchEvent(event);
    const focused = document.activeElement;
    if (isLetThrough && key.length === 1 && init.ctrlKey !== true && focused instanceof HTMLInputElement && !focused.disabled) {
      focused.value += key;
      focused.dispatchEvent(new Event('input', { bubbles: true }));
    }
    if (isLetThrough && key === 'Enter' && focused instanceof HTMLInputElement) {
      focused.form?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
    }
    await settle();
    return isLetThrough;
  }

  async type(text: string): Promise<void> {
    for (const key of text) {
      await this.press(key);
    }
  }

  /** Puts `text` into a field at once. */
  async fill(into: HTMLInputElement, text: string): Promise<void> {
    into.focus();
    into.value = text;
    into.dispatchEvent(new Event('input', { bubbles: true }));
    await settle();
  }

  async click(element: HTMLElement): Promise<void> {
    const event = new PointerEvent('pointerdown', { bubbles: true, cancelable: true });
    // The simulated page knows it for keys alone.
    event.getModifierState = () => false;
    element.dispatchEvent(event);
    element.click();
    await settle();
  }
}

/** Until what was promised and what is to be drawn is done. */
async function settle(): Promise<void> {
  await Promise.resolve();
  await tick();
  flushSync();
}

function field(selector: string): HTMLInputElement {
  const found = document.querySelector<HTMLInputElement>(selector);
  if (found === null) {
    throw new Error(`There is no field ${selector}.`);
  }
  return found;
}
