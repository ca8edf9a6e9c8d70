import type { AskingStep, BadgeLine, ConcealedNotice, ContactFaultView, ScreenView, SignedOutNotice } from './generated/bindings';
import type { Messages } from './messages/messages';

/** How a line is meant; told by its icon and its words, and by colour only as well. */
export type Tone = 'info' | 'warn' | 'danger';

/** The words of a notice; `countdown` stands where one is counted down. */
export function noticeText(notice: SignedOutNotice, words: Messages, countdown: string): string {
  switch (notice.kind) {
    case 'refused':
      return words.notice.refused;
    case 'challenge_over':
      return words.notice.challengeOver;
    case 'locked_out':
      return words.notice.lockedOut(countdown);
    case 'disabled':
      return words.notice.disabled;
    case 'unanswered':
      return notice.is_retrying ? retryingText(notice.fault, words) : words.notice.unanswered[notice.fault];
    case 'busy':
      return words.notice.busy;
    case 'malformed':
      return words.notice.malformed;
    case 'badge':
      return words.badge[notice.line];
    case 'not_possible_now':
      return words.notice.notPossibleNow[notice.code];
    case 'session_ended':
      return words.notice.sessionEnded[notice.cause];
    case 'badges_revoked':
      return words.notice.badgesRevoked(notice.count);
  }
}

/** The words of a notice on the form that revokes her badges: what is over there was no sign-in. */
export function lossText(notice: SignedOutNotice, words: Messages, countdown: string): string {
  return notice.kind === 'challenge_over' ? words.lost.challengeOver : noticeText(notice, words, countdown);
}

/** What either screen says last of somebody who typed a name. */
export function refusalOf(screen: ScreenView): SignedOutNotice | undefined {
  switch (screen.kind) {
    case 'signed_out':
      return screen.notice ?? undefined;
    case 'concealed':
      return screen.notice?.kind === 'refused' ? screen.notice.notice : undefined;
    default:
      return undefined;
  }
}

/** Whether a notice answers that what was asked for is not done, so that it may be asked for again. */
export function isDenial(notice: SignedOutNotice): boolean {
  switch (notice.kind) {
    case 'refused':
    case 'challenge_over':
    case 'locked_out':
    case 'disabled':
    case 'unanswered':
    case 'busy':
    case 'malformed':
    case 'not_possible_now':
      return true;
    case 'badge':
    case 'badges_revoked':
    case 'session_ended':
      return false;
  }
}

/**
 * The words of a notice on a concealed screen. A refusal speaks of the password alone, unless a name was asked for as
 * well.
 */
export function concealedText(notice: ConcealedNotice, words: Messages, countdown: string, isNameAsked: boolean): string {
  switch (notice.kind) {
    case 'inactivity':
      return words.concealed.inactivity;
    case 'elsewhere':
      return words.concealed.elsewhere;
    case 'badge':
      return words.badge[notice.line];
    case 'refused':
      return notice.notice.kind === 'refused' && !isNameAsked ? words.concealed.refused : noticeText(notice.notice, words, countdown);
  }
}

/** What is on screen while the server is asked. */
export interface Asking {
  text: string;
  /** It takes so long that she may want to leave it. */
  isSlow: boolean;
}

/** The words for a wait: what is asked, then that it is slow, then why and what happens by itself. */
export function askingOf(screen: Extract<ScreenView, { kind: 'asking' }>, words: Messages): Asking {
  return { text: askingText(screen.step, screen.is_slow, screen.fault ?? undefined, words), isSlow: screen.is_slow };
}

function askingText(step: AskingStep, isSlow: boolean, fault: ContactFaultView | undefined, words: Messages): string {
  if (fault !== undefined) {
    return retryingText(fault, words);
  }
  return isSlow ? words.asking[step].slow : words.asking[step].busy;
}

function retryingText(fault: ContactFaultView, words: Messages): string {
  return `${words.notice.unanswered[fault]} ${words.notice.retrying}`;
}

/** How a notice is meant. */
export function noticeTone(notice: SignedOutNotice): Tone {
  switch (notice.kind) {
    case 'refused':
    case 'malformed':
    case 'disabled':
    case 'locked_out':
    case 'not_possible_now':
      return 'danger';
    case 'challenge_over':
    case 'busy':
    case 'unanswered':
      return 'warn';
    case 'badge':
      return badgeTone(notice.line);
    case 'session_ended':
    case 'badges_revoked':
      return 'info';
  }
}

/** How a notice on a concealed screen is meant. */
export function concealedTone(notice: ConcealedNotice): Tone {
  switch (notice.kind) {
    case 'inactivity':
    case 'elsewhere':
      return 'info';
    case 'badge':
      return badgeTone(notice.line);
    case 'refused':
      return noticeTone(notice.notice);
  }
}

function badgeTone(line: BadgeLine): Tone {
  switch (line) {
    case 'tap_again_to_enrol':
    case 'enrolled':
      return 'info';
    case 'refused':
    case 'unusable':
    case 'taken':
      return 'danger';
    case 'unknown':
    case 'unlisted':
    case 'wait':
    case 'not_read':
    case 'two_at_once':
    case 'server_away':
    case 'too_many':
    case 'not_enrolled':
      return 'warn';
  }
}
