import { describe, expect, it } from 'vitest';
import { en } from './en';
import { es } from './es';
import type { Messages } from './messages';
import { LANGUAGES, OTHER } from './words';

/** Monday 2 March 2026, 21:05 on the ward. */
const EVENING = new Date('2026-03-03T02:05:00Z');

/** Each text with a parameter, said once; what it has to carry is in `MARKERS`. */
const SAID: Record<string, (words: Messages) => string> = {
  'clock.time': (words) => words.clock.time(EVENING),
  'clock.date': (words) => words.clock.date(EVENING),
  countdown: (words) => words.countdown(105),
  'place.corner': (words) => words.place.corner('ICU-3', 'WS-07'),
  'place.workstationId': (words) => words.place.workstationId('7f3a-91c2'),
  help: (words) => words.help('5-1234'),
  code: (words) => words.code('spool.full'),
  'enrolment.line': (words) => words.enrolment.line('0:27'),
  'concealed.title': (words) => words.concealed.title('Maria O.'),
  'concealed.passwordOf': (words) => words.concealed.passwordOf('Maria O.'),
  'concealed.lastMinute': (words) => words.concealed.lastMinute('0:27'),
  'concealed.someoneElse': (words) => words.concealed.someoneElse('Maria O.'),
  'concealed.someoneElseLine': (words) => words.concealed.someoneElseLine('Maria O.'),
  'concealed.back': (words) => words.concealed.back('Maria O.'),
  'without.open': (words) => words.without.open('5-1234'),
  'without.phone.text': (words) => words.without.phone.text('5-1234'),
  'without.lost.text': (words) => words.without.lost.text('5-1234'),
  'notice.badgesRevoked': (words) => words.notice.badgesRevoked(2),
  'notice.lockedOut': (words) => words.notice.lockedOut('0:27'),
  'notice.lockedOutSpoken': (words) => words.notice.lockedOutSpoken(83),
  'secondFactor.triesLeft': (words) => words.secondFactor.triesLeft(4),
  'secondFactor.timeLeft': (words) => words.secondFactor.timeLeft('0:27'),
  'opening.title': (words) => words.opening.title('Maria O.'),
  'signingOut.title': (words) => words.signingOut.title('Maria O.'),
  'signingOut.apps': (words) => words.signingOut.apps(2, 4),
  'notEnrolled.line': (words) => words.notEnrolled.line('7f3a-91c2'),
  'notEnrolled.todo': (words) => words.notEnrolled.todo('5-1234'),
  'failClosed.callHelp': (words) => words.failClosed.callHelp('5-1234'),
  'failClosed.since': (words) => words.failClosed.since(EVENING, false),
  'failClosed.retry': (words) => words.failClosed.retry('0:27'),
  'spoken.secondsLeft': (words) => words.spoken.secondsLeft(83),
};
const MARKERS = ['ICU-3', 'WS-07', '7f3a-91c2', '5-1234', 'spool.full', '0:27', '83', '4', 'Maria O.', '21:05', '1:45', '2'];
/** The same texts where their parameter is missing, is one, or is large. */
const SAID_OTHERWISE: ((words: Messages) => string)[] = [
  (words) => words.help(''),
  (words) => words.concealed.title(''),
  (words) => words.concealed.passwordOf(''),
  (words) => words.concealed.someoneElse(''),
  (words) => words.concealed.someoneElseLine(''),
  (words) => words.concealed.back(''),
  (words) => words.without.open(''),
  (words) => words.without.phone.text(''),
  (words) => words.without.lost.text(''),
  (words) => words.notice.badgesRevoked(0),
  (words) => words.notice.badgesRevoked(1),
  (words) => words.notice.lockedOutSpoken(600),
  (words) => words.secondFactor.triesLeft(1),
  (words) => words.opening.title(''),
  (words) => words.signingOut.title(''),
  (words) => words.notEnrolled.line(''),
  (words) => words.notEnrolled.todo(''),
  (words) => words.failClosed.callHelp(''),
  (words) => words.failClosed.since(EVENING, true),
];
/** Figures and names alone, which are the same in every language. */
const NO_WORDS = ['clock.time', 'countdown', 'place.corner'];

describe.each(Object.entries(LANGUAGES))('the words in %s', (language, words) => {
  it('name their language', () => {
    expect(words.language).toBe(language);
  });

  it('are sentences for people: none is empty, shouts, blames or speaks of the machinery', () => {
    for (const text of [...texts(words).values(), ...SAID_OTHERWISE.map((say) => say(words))]) {
      expect(text).toBe(text.trim());
      expect(text).not.toBe('');
      expect(text).not.toMatch(/[!¡]|\b(error|failed|invalid|illegal|IPC|null|undefined|exception|token|TOTP|HTTP|SQL)\b/i);
      expect(text).not.toMatch(/\b(falló|fallid[oa]|inválid[oa]|ilegal|excepción|nulo)\b/i);
    }
  });

  it('leave no place for a parameter unfilled, and end no sentence twice after a name that ends with a dot', () => {
    for (const text of texts(words).values()) {
      expect(text).not.toMatch(/[{}$<>]|undefined|NaN|\[object|\.\./);
    }
  });

  it('write a countdown as minutes and seconds', () => {
    expect([0, 9, 60, 105, 900].map((seconds) => words.countdown(seconds))).toEqual(['0:00', '0:09', '1:00', '1:45', '15:00']);
  });

  it('offer another language by a name of its own', () => {
    const other = LANGUAGES[OTHER[words.language]];

    expect(other.language).not.toBe(language);
    expect(other.languageName).not.toBe(words.languageName);
  });
});

describe('Spanish', () => {
  const english = texts(en);
  const spanish = texts(es);

  it('has every text of its own: nothing is left in English', () => {
    expect([...spanish.keys()]).toEqual([...english.keys()]);
    for (const [key, text] of spanish) {
      if (key !== 'language') {
        expect(text === english.get(key), `${key}: ${text}`).toBe(NO_WORDS.includes(key));
      }
    }
    for (const say of SAID_OTHERWISE) {
      expect(say(es)).not.toBe(say(en));
    }
  });

  it('carries every name, number and time that English does', () => {
    for (const key of Object.keys(SAID)) {
      const markers = (text = '') => MARKERS.filter((marker) => text.includes(marker));
      expect(markers(spanish.get(key)), key).toEqual(markers(english.get(key)));
      expect(markers(spanish.get(key)).length, key).toBeGreaterThan(0);
    }
  });

  it('says usted to everyone, and opens its questions', () => {
    for (const [key, text] of spanish) {
      expect(text, key).not.toMatch(/(^|[\s¿])(tú|tus?|te|ti|contigo|puedes|tienes|debes)(?=[\s.,:;?…]|$)/i);
      expect(text, key).not.toMatch(/(^|[.,:;] )(escribe|escríbe\S*|intenta|prueba|llama|usa|inicia|cierra|pide|espera)(?=[\s.,:;?…]|$)/i);
      expect(text.split('¿').length, key).toBe(text.split('?').length);
    }
  });

  it('says neither man nor woman of whoever signs in', () => {
    for (const [key, text] of spanish) {
      expect(text, key).not.toMatch(/(?<!la )\b(bienvenid[oa]s?|conectad[oa]s?|compañer[oa]s?|un usuario|una usuaria|un administrador)\b/i);
    }
  });

  it('writes the day as Spanish does', () => {
    expect(es.clock.date(EVENING)).toBe('Lunes, 2 de marzo');
    expect(es.failClosed.since(EVENING, false)).toBe('Desde el lunes, 2 de marzo, 21:05');
    expect(es.clock.time(new Date('2026-03-03T05:05:00Z'))).toBe('00:05');
  });

  it('counts one as one', () => {
    expect(es.notice.lockedOutSpoken(1)).toMatch(/ 1 segundo\.$/);
    expect(es.notice.lockedOutSpoken(600)).toMatch(/ 10 minutos\.$/);
    expect(es.secondFactor.triesLeft(1)).toBe('Último intento');
  });
});

/** Every text by its key; those with a parameter as `SAID` has them said. */
function texts(words: Messages): Map<string, string> {
  const found = new Map<string, string>();
  const gather = (part: object, above: string[]) => {
    for (const [name, value] of Object.entries(part) as [string, unknown][]) {
      const path = [...above, name];
      const key = path.join('.');
      if (typeof value === 'object' && value !== null) {
        gather(value, path);
      } else if (typeof value === 'string') {
        found.set(key, value);
      } else {
        const say = SAID[key];
        if (say === undefined) {
          throw new Error(`Nobody has ${key} said: add it to SAID.`);
        }
        found.set(key, say(words));
      }
    }
  };
  gather(words, []);
  return found;
}
