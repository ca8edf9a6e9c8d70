import type { Intent, ViewModel } from '../generated/bindings';

/**
 * Whoever tells the page what to draw, and hears what the person did.
 *
 * View models in, intents out: there is no question the page could ask and nothing it could decide.
 */
export interface Backend {
  /**
   * Calls `draw` with the view of this moment and with each later one. Resolves when the first subscription stands;
   * rejects when there is nobody to listen to.
   */
  onView(draw: (view: ViewModel) => void): Promise<void>;

  /** Asks for the view once more: for a page that has waited for one in vain. */
  refresh(): Promise<void>;

  /**
   * Hands over what the person did. Rejects when it did not arrive; the reason carries nothing that was typed and is
   * not worth showing.
   */
  send(intent: Intent): Promise<void>;

  /** Says that the first picture is on the glass. */
  ready(): Promise<void>;
}
