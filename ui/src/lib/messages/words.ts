import { en } from './en';
import type { Messages } from './messages';

export type { Messages } from './messages';

/** The words on screen. A further language is one more file, and one more entry here. */
export const LANGUAGES: Record<string, Messages> = { en };

/** The words in use. */
export const words: Messages = en;
