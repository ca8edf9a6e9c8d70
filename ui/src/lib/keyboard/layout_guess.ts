/** A layout that has some letters elsewhere than QWERTY, which most keyboards of a ward have. */
export type OtherLayout = 'qwertz' | 'azerty' | 'other';

/** The letters that tell a layout, by the key they are on. */
const TELLING: Readonly<Record<string, OtherLayout>> = {
  'KeyY z': 'qwertz',
  'KeyZ y': 'qwertz',
  'KeyQ a': 'azerty',
  'KeyA q': 'azerty',
  'KeyW z': 'azerty',
  'KeyZ w': 'azerty',
};

/**
 * What one key says about the layout of the keyboard: `undefined` nothing, `null` that it is none of the others, as far
 * as this key goes. A page is not told the layout; it sees which letter a key gives.
 *
 * To be asked of keys that are shown anyway, such as those of a user name. What is typed into a password must not be
 * asked: a hint that appears at its third letter says to everyone behind her which letter that was.
 */
export function layoutToldBy(event: KeyboardEvent): OtherLayout | null | undefined {
  const own = /^Key([A-Z])$/.exec(event.code)?.[1]?.toLowerCase();
  if (own === undefined || event.key.length !== 1 || event.ctrlKey || event.altKey || event.metaKey || event.getModifierState('AltGraph')) {
    return undefined;
  }
  const given = event.key.toLowerCase();
  if (given !== own) {
    return TELLING[`${event.code} ${given}`] ?? 'other';
  }
  // Only these are elsewhere in both of the layouts known by name.
  return 'z' === own ? null : undefined;
}
