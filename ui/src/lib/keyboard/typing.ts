/**
 * Types one key into a field as a keyboard would: the key is offered to whoever listens for keys, and does nothing when
 * one of them forbids it; a letter then arrives as input. `key` is named as in `KeyboardEvent.key`.
 *
 * The field keeps the caret and, where it has it, the focus. The text is not put in by an editing command, so that Undo
 * knows nothing of it.
 */
export function typeInto(field: HTMLInputElement, key: string): void {
  const press = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
  const isLetThrough = field.dispatchEvent(press);
  if (isLetThrough && !field.disabled) {
    act(field, key);
  }
  field.dispatchEvent(new KeyboardEvent('keyup', { key, bubbles: true }));
}

function act(field: HTMLInputElement, key: string): void {
  const start = field.selectionStart ?? field.value.length;
  const end = field.selectionEnd ?? start;
  if (key === 'Enter') {
    field.form?.requestSubmit();
  } else if (key === 'Backspace') {
    const before = Array.from(field.value.slice(0, start)).at(-1)?.length ?? 0;
    replace(field, '', start === end ? start - before : start, end, 'deleteContentBackward');
  } else {
    replace(field, key, start, end, 'insertText');
  }
}

function replace(field: HTMLInputElement, text: string, start: number, end: number, inputType: string): void {
  field.setRangeText(text, start, end);
  field.setSelectionRange(start + text.length, start + text.length);
  // Without `data`: nobody needs to hear the letter beside its field.
  field.dispatchEvent(new InputEvent('input', { bubbles: true, inputType }));
}
