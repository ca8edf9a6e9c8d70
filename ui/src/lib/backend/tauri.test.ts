import { clearMocks, mockIPC } from '@tauri-apps/api/mocks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ViewModel } from '../generated/bindings';
import { SIGNED_OUT } from './scenes';
import { TauriBackend } from './tauri';

const VIEW: ViewModel = { revision: 7, language: 'en', ...SIGNED_OUT };

describe('the agent behind the page', () => {
  let calls: { command: string; args: unknown }[] = [];
  let answer: (command: string) => unknown = () => undefined;
  const handlers = new Map<string, (event: unknown) => void>();

  beforeEach(() => {
    calls = [];
    answer = (command) => (command === 'current_view' ? VIEW : undefined);
    handlers.clear();
    mockIPC((command, args) => {
      if (command === 'plugin:event|listen') {
        const { event, handler } = args as { event: string; handler: number };
        handlers.set(event, (payload) => {
          const registered = window as unknown as { __TAURI_INTERNALS__: { runCallback(id: number, event: unknown): void } };
          registered.__TAURI_INTERNALS__.runCallback(handler, { event, id: 1, payload });
        });
        return 1;
      }
      calls.push({ command, args });
      return answer(command);
    });
  });
  afterEach(() => {
    clearMocks();
  });

  it('is listened to before it is asked, so that no view falls between', async () => {
    const views: ViewModel[] = [];
    answer = () => {
      expect([...handlers.keys()]).toEqual(['view']);
      return VIEW;
    };

    await new TauriBackend().onView((view) => views.push(view));
    handlers.get('view')?.({ ...VIEW, revision: 8 });

    expect(views.map((view) => view.revision)).toEqual([7, 8]);
  });

  it('may have no view yet', async () => {
    answer = () => null;
    const draw = vi.fn();

    await new TauriBackend().onView(draw);

    expect(draw).not.toHaveBeenCalled();
  });

  it('hears what the person did, and that the page has drawn', async () => {
    const backend = new TauriBackend();

    await backend.send({ kind: 'sign_in', name: 'maria', password: 'hunter2' });
    await backend.ready();

    expect(calls).toEqual([
      { command: 'intent', args: { intent: { kind: 'sign_in', name: 'maria', password: 'hunter2' } } },
      { command: 'page_ready', args: {} },
    ]);
  });

  it('lets no reason through that may quote what was typed', async () => {
    answer = () => {
      throw new Error('invalid args `intent`: hunter2');
    };

    const failure = await new TauriBackend().send({ kind: 'code', code: '123456' }).catch((reason: unknown) => reason);

    expect(failure).toBeInstanceOf(Error);
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('hunter2');
    expect((failure as Error).cause).toBeUndefined();
  });
});
