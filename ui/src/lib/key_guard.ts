/** What moves and marks within a field. Undo is not among them: it would bring a wiped password back. */
const FIELD_SHORTCUTS: ReadonlySet<string> = new Set(['a', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'Backspace', 'Delete']);
const MODIFIERS: ReadonlySet<string> = new Set(['Control', 'Alt', 'AltGraph', 'Meta', 'OS', 'Super', 'Hyper', 'Shift', 'CapsLock']);
/** Reload, caret browsing, full screen, inspector. */
const FUNCTION_KEY = /^F\d{1,2}$/;
const BROWSER_KEY = /^(Browser|Launch|Zoom|Find|Print|Open|Help|ContextMenu)/;
/** With Shift and Ctrl the first of them pastes and copies. */
const CLIPBOARD_KEYS: ReadonlySet<string> = new Set(['Insert', 'Copy', 'Cut', 'Paste']);
/** Menus, drags, and whatever goes between a field and the display's clipboard, by key, mouse or command. */
const STOPPED = ['contextmenu', 'dragstart', 'dragover', 'drop', 'copy', 'cut', 'paste'] as const;
/** What comes into a field and nobody typed there, should it come by another way than a paste. */
const NOT_TYPED = /^insertFrom(Paste|Drop|Yank)/;

/**
 * Whether a key may do what it does by itself. A shortcut of the desktop or the browser types no letter into a password
 * (Super+t did) and opens nothing over the cover.
 */
export function isKeyAllowed(event: KeyboardEvent, isInField: boolean): boolean {
  if (MODIFIERS.has(event.key)) {
    return true;
  }
  if (FUNCTION_KEY.test(event.key) || BROWSER_KEY.test(event.key) || CLIPBOARD_KEYS.has(event.key)) {
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

/** Keeps the page a cover: no foreign shortcut, no menu, no drag, no clipboard. Returns the function that takes it off. */
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
  const stopForeignText = (event: InputEvent) => {
    if (NOT_TYPED.test(event.inputType)) {
      event.preventDefault();
    }
  };
  page.addEventListener('keydown', stopForeignKey, { capture: true });
  page.addEventListener('beforeinput', stopForeignText, { capture: true });
  for (const kind of STOPPED) {
    page.addEventListener(kind, stop, { capture: true });
  }
  return () => {
    page.removeEventListener('keydown', stopForeignKey, { capture: true });
    page.removeEventListener('beforeinput', stopForeignText, { capture: true });
    for (const kind of STOPPED) {
      page.removeEventListener(kind, stop, { capture: true });
    }
  };
}
