import { untrack } from 'svelte';

/** The seconds a screen reader hears: every one would drown everything else. */
export const SPOKEN_SECONDS: readonly number[] = [60, 30, 10];

/** The moment of now on the clock that deadlines are counted by. */
export function now(): number {
  return performance.now();
}

/**
 * The whole seconds left until `deadline`, rounded up, so that it reads 0 only when it is over. Ticks once a second
 * while there is something left and the component lives, and not at all otherwise.
 *
 * `onMark` hears the seconds that are to be spoken, and 0.
 */
export function countdown(deadline: () => number | undefined, onMark: (seconds: number) => void = () => undefined): { readonly seconds: number } {
  let seconds = $state(0);

  $effect(() => {
    const until = deadline();
    if (until === undefined) {
      return;
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tick = (isFirst: boolean) => {
      const left = Math.max(0, until - now());
      const next = Math.ceil(left / 1000);
      if (next !== seconds || isFirst) {
        seconds = next;
        if (!isFirst && (SPOKEN_SECONDS.includes(next) || next === 0)) {
          onMark(next);
        }
      }
      if (left > 0) {
        timer = setTimeout(tick, left - (next - 1) * 1000, false);
      }
    };
    // What `tick` reads is not what it depends on: only another deadline starts it anew.
    untrack(() => {
      tick(true);
    });
    return () => {
      clearTimeout(timer);
    };
  });

  return {
    get seconds() {
      return seconds;
    },
  };
}
