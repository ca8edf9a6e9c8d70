/** One sentence for the screen reader at a time; what is drawn needs no `aria-live` of its own. */
export class Announcer {
  /** What is in the live region. */
  text = $state('');

  /** Speaks `text`, also when it is the same as the last one. */
  say(text: string): void {
    // An unchanged region is not read again; a no-break space makes it another text with the same sound.
    this.text = text === this.text ? `${text}\u00a0` : text;
  }
}
