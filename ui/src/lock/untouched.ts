/** After this the caret and a shown password go: nobody is typing any more. */
export const PAUSED_AFTER_MS = 15_000;
/** After this what was half typed goes too: the next person is not to find it. */
export const ABANDONED_AFTER_MS = 60_000;

/** One timeout from the last touch on, none when there was no touch. */
export class UntouchedTimer {
  readonly #onPaused: () => void;
  readonly #onAbandoned: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ onPaused, onAbandoned }: { onPaused: () => void; onAbandoned: () => void }) {
    this.#onPaused = onPaused;
    this.#onAbandoned = onAbandoned;
  }

  /** Somebody typed or touched. */
  touch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#onPaused();
      this.#timer = setTimeout(this.#onAbandoned, ABANDONED_AFTER_MS - PAUSED_AFTER_MS);
    }, PAUSED_AFTER_MS);
  }

  /** Nothing more is waited for. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
