import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { Intent, ViewModel } from '../generated/bindings';
import type { Backend } from './backend';

/** Names shared with the commands and events of the Tauri shell. */
const COMMAND = { currentView: 'current_view', intent: 'intent', pageReady: 'page_ready' } as const;
const VIEW_EVENT = 'view';

/** The agent, through Tauri's calls and events. */
export class TauriBackend implements Backend {
  #draw: (view: ViewModel) => void = () => undefined;

  async onView(draw: (view: ViewModel) => void): Promise<void> {
    this.#draw = draw;
    // Listening comes before asking: a view emitted in between is heard twice rather than never.
    await listen<ViewModel>(VIEW_EVENT, (event) => {
      this.#draw(event.payload);
    });
    await this.refresh();
  }

  async refresh(): Promise<void> {
    // An agent that has only just started has none yet; it will be told.
    const view = await invoke<ViewModel | null>(COMMAND.currentView);
    if (view !== null) {
      this.#draw(view);
    }
  }

  async send(intent: Intent): Promise<void> {
    try {
      await invoke(COMMAND.intent, { intent });
    } catch {
      // The refusal may quote its argument, which is a password: it ends here.
      throw new Error('The intent did not arrive.');
    }
  }

  async ready(): Promise<void> {
    await invoke(COMMAND.pageReady);
  }
}
