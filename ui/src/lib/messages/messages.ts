import type {
  AskingStep,
  BadgeLine,
  Contact,
  ContactFaultView,
  EndCauseView,
  FactorWanted,
  FailClosedCode,
  Language,
  PolicyNotice,
  ReaderView,
  ResumeTap,
} from '../generated/bindings';
import type { OtherLayout } from '../keyboard/layout_guess';

/**
 * Every word on screen, by key. A language is one file that satisfies this type; a key or a code without words does not
 * compile.
 *
 * Words say what to do next, never what the code did.
 */
export interface Messages {
  /** For `lang`. */
  language: Language;
  /** Its own name for itself, for whoever reads no other. */
  languageName: string;

  clock: {
    /** `07:02` */
    time(at: Date): string;
    /** `Saturday 21 November` */
    date(at: Date): string;
  };
  /** `1:45` */
  countdown(seconds: number): string;

  place: {
    /** `ICU-3 · WS-07` */
    corner(unit: string, workstation: string): string;
    workstationId(id: string): string;
  };
  contact: Record<Contact, string>;
  /** In the corner; nothing is said of badges where there is no reader. */
  reader: Record<Exclude<ReaderView, 'none'>, string>;
  notEnforced: string;
  policy: Record<PolicyNotice, string>;
  /** `Can't sign in? Help: 5-1234` */
  help(line: string): string;
  code(code: string): string;

  starting: { title: string; line: string };

  signedOut: {
    title: string;
    /** What to do here, while there is nothing else to say. */
    next: string;
    tap: string;
    /** Goes on after `tap`. */
    orType: string;
    readerFaulty: string;
    name: string;
    password: string;
    showPassword: string;
    hidePassword: string;
    capsLock: string;
    /** Beside a password, when letters came that QWERTY has elsewhere. */
    layout: Record<OtherLayout, string>;
    submit: string;
    nameMissing: string;
    passwordMissing: string;
  };

  /** A badge that nobody has, and that may become hers. */
  enrolment: {
    title: string;
    line(countdown: string): string;
    /** Without the time, which is spoken at its marks. */
    lineSpoken: string;
    over: string;
  };

  /** What a badge led to. */
  badge: Record<BadgeLine, string>;

  notice: {
    refused: string;
    challengeOver: string;
    lockedOut(countdown: string): string;
    lockedOutSpoken(seconds: number): string;
    lockedOutOver: string;
    disabled: string;
    unanswered: Record<ContactFaultView, string>;
    retrying: string;
    busy: string;
    malformed: string;
    notPossibleNow: Record<FailClosedCode, string>;
    sessionEnded: Record<EndCauseView, string>;
    /** All of hers that worked. */
    badgesRevoked(count: number): string;
  };

  asking: Record<AskingStep, { busy: string; slow: string }>;
  cancel: string;

  secondFactor: {
    title: string;
    next: string;
    label: string;
    refused: string;
    triesLeft(tries: number): string;
    timeLeft(countdown: string): string;
    timeOver: string;
  };

  /** As `secondFactor`, for what else may be missing. */
  wanted: Record<Exclude<FactorWanted, 'totp'>, { title: string; next: string; label: string; refused: string }>;
  pin: { length: string; show: string; hide: string };
  goOn: string;

  concealed: {
    title(name: string): string;
    /** What her tap does, and what `orType` says after it. */
    tap: Record<Exclude<ResumeTap, 'none'>, { prompt: string; orType: string }>;
    next: string;
    passwordOf(name: string): string;
    submit: string;
    inactivity: string;
    elsewhere: string;
    refused: string;
    lastMinute(countdown: string): string;
    /** Without the time, which is spoken at its marks. */
    lastMinuteSpoken: string;
    someoneElse(name: string): string;
    /** What becomes of the session that is there. */
    someoneElseLine(name: string): string;
    back(name: string): string;
  };

  /** She asked that a tap alone be enough for longer. */
  renewing: { title: string; line: string; submit: string; notNow: string };

  /** What to do without the things a sign-in asks for. */
  without: {
    /** `Can't use your badge or phone? Help: 5-1234` */
    open(help: string): string;
    title: string;
    /** Where there is no reader. */
    titlePhone: string;
    badge: { title: string; signedOut: string; concealed: string };
    phone: { title: string; text(help: string): string };
    lost: { title: string; text(help: string): string; open: string };
    back: string;
  };

  /** Whoever lost her badge has all of hers revoked. It signs nobody in, and no word of it sounds as if it did. */
  lost: {
    title: string;
    /** What will happen. */
    line: string;
    submit: string;
    challengeOver: string;
    /** In place of the titles of `secondFactor` and `wanted`. */
    wanted: Record<FactorWanted, string>;
  };

  /** Names of what is drawn on the keyboard on screen. */
  keyboard: {
    label: string;
    show: string;
    hide: string;
    shift: string;
    backspace: string;
    enter: string;
    space: string;
    letters: string;
    symbols: string;
    accents: string;
  };

  opening: { title(name: string): string; line: string };

  signingOut: { title(name: string): string; why: Record<EndCauseView, string>; line: string; apps(closed: number, of: number): string };

  notEnrolled: { title: string; line(id: string): string; todo(help: string): string };

  failClosed: {
    title: string;
    what: Record<FailClosedCode, string>;
    todo: Record<FailClosedCode, string>;
    callHelp(help: string): string;
    /** `at` is in words of the clock. */
    since(at: Date, isToday: boolean): string;
    retry(countdown: string): string;
    retrying: string;
  };

  /** What only a screen reader hears. */
  spoken: {
    secondsLeft(seconds: number): string;
    covered: string;
  };
}
