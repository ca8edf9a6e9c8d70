/** What moves, marks and pastes within a field. Undo is not among them: it would bring a wiped password back. */
const FIELD_SHORTCUTS: ReadonlySet<string> = new Set(['a', 'v', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'Backspace', 'Delete', 'Insert']);
const MODIFIERS: ReadonlySet<string> = new Set(['Control', 'Alt', 'AltGraph', 'Meta', 'OS', 'Super', 'Hyper', 'Shift', 'CapsLock']);
/** Reload, caret browsing, full screen, inspector. */
const FUNCTION_KEY = /^F\d{1,2}$/;
const BROWSER_KEY = /^(Browser|Launch|Zoom|Find|Print|Open|Help|ContextMenu)/;

/**
 * Whether a key may do what it does by itself. A shortcut of the desktop or the browser types no letter into a password
 * (Super+t did) and opens nothing over the cover.
 */
export function isKeyAllowed(event: KeyboardEvent, isInField: boolean): boolean {
  if (MODIFIERS.has(event.key)) {
    return true;
  }
  if (FUNCTION_KEY.test(event.key) || BROWSER_KEY.test(event.key)) {
    return false;
  }
  // AltGr is Ctrl and Alt on some systems, and a letter on many keyboards.
  if (event.getModifierState('AltGraph')) {
    return true;
  }
  if (event.altKey || event.metaKey || event.getModifierState('OS') || event.getModifierState('Super') || event.getModifierState('Hyper')) {
    return false;
  }
  if (event.ctrlKey) {
    return isInField && FIELD_SHORTCUTS.has(event.key.length === 1 ? event.key.toLowerCase() : event.key);
  }
  return true;
}

/** Keeps the page a cover: no foreign shortcut, no menu, no drag, no drop. Returns the function that takes it off. */
export function guard(page: Document): () => void {
  const stop = (event: Event) => {
    event.preventDefault();
  };
  const stopForeignKey = (event: KeyboardEvent) => {
    if (!isKeyAllowed(event, event.target instanceof HTMLInputElement)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  };
  page.addEventListener('keydown', stopForeignKey, { capture: true });
  for (const kind of ['contextmenu', 'dragstart', 'dragover', 'drop'] as const) {
    page.addEventListener(kind, stop, { capture: true });
  }
  return () => {
    page.removeEventListener('keydown', stopForeignKey, { capture: true });
    for (const kind of ['contextmenu', 'dragstart', 'dragover', 'drop'] as const) {
      page.removeEventListener(kind, stop, { capture: true });
    }
  };
}
