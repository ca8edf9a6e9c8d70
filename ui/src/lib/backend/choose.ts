import type { Backend } from './backend';
import { TauriBackend } from './tauri';

/**
 * The agent; or, in development and test builds alone, the fake that the address asks for
 * (`lock.html?fake=signed_out`, `lock.html?fake=story`).
 */
export async function chooseBackend(): Promise<Backend> {
  if (__FAKE_BACKEND__) {
    const { fakeFromAddress } = await import('./fake_window');
    const fake = fakeFromAddress(window);
    if (fake !== undefined) {
      return fake;
    }
  }
  return new TauriBackend();
}
