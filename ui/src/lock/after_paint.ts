/** A hidden window draws no frames; it is as ready as it can be then. */
const HIDDEN_PATIENCE_MS = 200;

/** Resolves once what is in the page has been painted. */
export function afterPaint(): Promise<void> {
  return new Promise((resolve) => {
    const patience = setTimeout(resolve, HIDDEN_PATIENCE_MS);
    requestAnimationFrame(() => {
      requestAnimationFrame(() => {
        clearTimeout(patience);
        resolve();
      });
    });
  });
}
