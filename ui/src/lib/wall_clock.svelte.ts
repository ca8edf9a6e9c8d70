const MINUTE_MS = 60_000;

/**
 * The time of day, to the minute. One timeout to the next full minute while the page is visible: with nobody touching
 * it, this is all that the page does.
 */
export function wallClock(): { readonly at: Date } {
  let at = $state.raw(new Date());

  $effect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tick = () => {
      clearTimeout(timer);
      if (document.visibilityState === 'hidden') {
        return;
      }
      const now = new Date();
      at = now;
      timer = setTimeout(tick, MINUTE_MS - (now.getTime() % MINUTE_MS));
    };
    tick();
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  });

  return {
    get at() {
      return at;
    },
  };
}
