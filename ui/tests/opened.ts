import { concealed, noticed, scene, type Scene } from '../src/lib/backend/scenes';
import type { Messages } from '../src/lib/messages/words';

/** What a person opens on a scene by its buttons, and what is shown after that. */
export interface Opened {
  /** Of the picture. */
  name: string;
  scene: string;
  /** The names of the buttons, one after the other. */
  open: (words: Messages) => string[];
  then?: Scene[];
}

const ASKING_LOSS = scene({ kind: 'asking', step: 'loss', is_slow: false }, { reader: 'ready' });
const lost = (words: Messages) => [words.without.open('5-1234'), words.without.lost.open];

export const OPENED: Opened[] = [
  { name: 'keyboard', scene: 'reader_ready', open: (words) => [words.keyboard.show] },
  { name: 'keyboard_noticed', scene: 'refused', open: (words) => [words.keyboard.show] },
  { name: 'keyboard_concealed', scene: 'concealed_last_minute', open: (words) => [words.keyboard.show] },
  { name: 'keyboard_concealed_asks_more', scene: 'concealed_asks_more', open: (words) => [words.keyboard.show] },
  { name: 'keyboard_renewing', scene: 'concealed_renewing', open: (words) => [words.keyboard.show] },
  { name: 'keyboard_code', scene: 'second_factor_named', open: (words) => [words.keyboard.show] },
  { name: 'keyboard_code_to_revoke', scene: 'code_to_revoke', open: (words) => [words.keyboard.show] },
  { name: 'keyboard_pin', scene: 'pin_wanted', open: (words) => [words.keyboard.show] },
  { name: 'without', scene: 'reader_ready', open: (words) => [words.without.open('5-1234')] },
  { name: 'without_no_reader', scene: 'signed_out', open: (words) => [words.help('5-1234')] },
  { name: 'without_concealed', scene: 'concealed', open: (words) => [words.without.open('5-1234')] },
  { name: 'lost', scene: 'reader_ready', open: lost },
  { name: 'lost_concealed', scene: 'concealed_last_minute', open: lost },
  { name: 'lost_refused', scene: 'reader_ready', open: lost, then: [ASKING_LOSS, noticed({ kind: 'refused' }, { reader: 'ready' })] },
  {
    name: 'lost_locked_out_concealed',
    scene: 'concealed',
    open: lost,
    then: [ASKING_LOSS, concealed({ kind: 'refused', notice: { kind: 'locked_out', retry_after_ms: 27_000 } })],
  },
  { name: 'keyboard_lost', scene: 'reader_ready', open: (words) => [...lost(words), words.keyboard.show] },
  { name: 'concealed_someone_else', scene: 'concealed', open: (words) => [words.concealed.someoneElse('Maria O.')] },
  { name: 'concealed_someone_else_refused', scene: 'concealed_locked_out', open: (words) => [words.concealed.someoneElse('Maria O.')] },
];
