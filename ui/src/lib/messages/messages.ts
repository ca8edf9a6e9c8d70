import type { AskingStep, Contact, ContactFaultView, EndCauseView, FailClosedCode, Language, PolicyNotice } from '../generated/bindings';

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
    name: string;
    password: string;
    showPassword: string;
    hidePassword: string;
    capsLock: string;
    submit: string;
    nameMissing: string;
    passwordMissing: string;
  };

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

  opening: { title(name: string): string; line: string };

  signingOut: { title(name: string): string; why: Record<EndCauseView, string>; line: string };

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
