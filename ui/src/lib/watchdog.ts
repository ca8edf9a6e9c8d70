/** Notices that an awaited view does not come. Armed only while one is awaited. */
export class Watchdog {
  readonly #patience: number;
  readonly #onOverdue: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(patienceMs: number, onOverdue: () => void) {
    this.#patience = patienceMs;
    this.#onOverdue = onOverdue;
  }

  /** A view is awaited from now on. */
  expect(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onOverdue, this.#patience);
  }

  /** It came, or nobody waits for it any more. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
