import type { SignedOutNotice } from './generated/bindings';
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
    case 'unanswered': {
      const what = words.notice.unanswered[notice.fault];
      return notice.is_retrying ? `${what} ${words.notice.retrying}` : what;
    }
    case 'busy':
      return words.notice.busy;
    case 'malformed':
      return words.notice.malformed;
    case 'not_possible_now':
      return words.notice.notPossibleNow[notice.code];
    case 'session_ended':
      return words.notice.sessionEnded[notice.cause];
  }
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
    case 'session_ended':
      return 'info';
  }
}
