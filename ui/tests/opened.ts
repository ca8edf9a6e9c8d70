import type { Messages } from '../src/lib/messages/words';

/** What a person opens on a scene by one of its buttons, by the name of its picture. */
export const OPENED: { name: string; scene: string; open: (words: Messages) => string }[] = [
  { name: 'keyboard', scene: 'reader_ready', open: (words) => words.keyboard.show },
  { name: 'keyboard_noticed', scene: 'refused', open: (words) => words.keyboard.show },
  { name: 'keyboard_concealed', scene: 'concealed_last_minute', open: (words) => words.keyboard.show },
  { name: 'keyboard_code', scene: 'second_factor_named', open: (words) => words.keyboard.show },
  { name: 'keyboard_pin', scene: 'pin_wanted', open: (words) => words.keyboard.show },
  { name: 'without', scene: 'reader_ready', open: (words) => words.without.open('5-1234') },
  { name: 'without_no_reader', scene: 'signed_out', open: (words) => words.help('5-1234') },
  { name: 'without_concealed', scene: 'concealed', open: (words) => words.without.open('5-1234') },
  { name: 'concealed_someone_else', scene: 'concealed', open: (words) => words.concealed.someoneElse('Maria O.') },
  { name: 'concealed_someone_else_refused', scene: 'concealed_locked_out', open: (words) => words.concealed.someoneElse('Maria O.') },
];
