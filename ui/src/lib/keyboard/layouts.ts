import type { Language } from '../generated/bindings';

/** What a key does that types no letter. */
export type Act = 'shift' | 'backspace' | 'enter' | 'space' | 'letters' | 'symbols' | 'accents' | 'hide';
/** A letter, or an act. */
export type Key = { letter: string } | { act: Act };
/** What the keys are at the moment. */
export type Layer = 'letters' | 'symbols' | 'accents' | 'digits';

/** Rows of at most ten keys: with 48 px each they fit into the narrowest screen, 512 px at 200 %. */
export type Rows = readonly (readonly Key[])[];

const DIGITS = letters('1234567890');
const LAST_LETTERS = [act('shift'), ...letters('zxcvbnm'), act('backspace')];

const LETTERS: Record<Language, Rows> = {
  en: [DIGITS, letters('qwertyuiop'), letters('asdfghjkl'), LAST_LETTERS, bottom('symbols', 'accents', '@', '.')],
  es: [DIGITS, letters('qwertyuiop'), letters('asdfghjklñ'), LAST_LETTERS, bottom('symbols', 'accents', '@', '.')],
};
/** With the digits, every sign of ASCII. */
const SYMBOLS: Rows = [
  DIGITS,
  letters('@#$%&*-+()'),
  letters('!"\':;/?,._'),
  letters('=<>[]{}\\|^'),
  [act('letters'), ...letters('~`'), act('space'), act('backspace'), act('enter'), act('hide')],
];
/** Her password may have been chosen on another keyboard. */
const ACCENTS: Rows = [
  letters('áéíóúüñç¡¿'),
  letters('àèìòùäöâêô'),
  [act('shift'), ...letters('ëïåøæ'), ...letters('€ºª'), act('backspace')],
  bottom('symbols', 'letters', '@', '.'),
];
const PAD: Rows = [
  [...letters('123'), act('backspace')],
  [...letters('456'), act('enter')],
  [...letters('789'), act('hide')],
  letters('0'),
];

/** The keys of a layer, row by row. */
export function rowsOf(layer: Layer, language: Language): Rows {
  switch (layer) {
    case 'letters':
      return LETTERS[language];
    case 'symbols':
      return SYMBOLS;
    case 'accents':
      return ACCENTS;
    case 'digits':
      return PAD;
  }
}

function bottom(first: Act, second: Act, ...signs: [string, string]): Key[] {
  return [act(first), act(second), { letter: signs[0] }, act('space'), { letter: signs[1] }, act('enter'), act('hide')];
}

function letters(text: string): Key[] {
  return Array.from(text, (letter) => ({ letter }));
}

function act(act: Act): Key {
  return { act };
}
