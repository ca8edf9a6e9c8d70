import type { Language } from '../generated/bindings';
import { en } from './en';
import { es } from './es';
import type { Messages } from './messages';

export type { Messages } from './messages';

/** The words of each language. A further one is one more file, and one more entry here. */
export const LANGUAGES: Record<Language, Messages> = { en, es };

/** The language that is offered to whoever does not want this one. */
export const OTHER: Record<Language, Language> = { en: 'es', es: 'en' };
