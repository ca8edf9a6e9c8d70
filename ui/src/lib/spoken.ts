import type { ConcealedNotice, SignedOutNotice, ViewModel } from './generated/bindings';
import { LANGUAGES, type Messages } from './messages/words';
import { askingOf, concealedText, lossText, noticeText } from './notice';
import { canTap } from './reader';

/** What a screen reader hears when this view comes up: the state, and what to do next. */
export function spoken(view: ViewModel): string {
  const { screen } = view;
  const words = LANGUAGES[view.language];
  switch (screen.kind) {
    case 'starting':
      return sentences(words.starting.title, words.starting.line);
    case 'signed_out': {
      const notice = screen.notice ?? undefined;
      if (screen.enrolment_offered_ms !== null) {
        const isBadge = notice === undefined || notice.kind === 'badge';
        return sentences(...(isBadge ? [] : [noticeSpoken(notice, words)]), words.enrolment.title, words.enrolment.lineSpoken);
      }
      const first = notice === undefined ? [] : [noticeSpoken(notice, words)];
      if (view.reader === 'faulty') {
        return sentences(...first, words.signedOut.readerFaulty);
      }
      const next = first[0] ?? (canTap(view.reader) ? `${words.signedOut.tap}, ${words.signedOut.orType}` : words.signedOut.next);
      return view.reader === 'some_faulty' ? sentences(next, words.reader.some_faulty) : next;
    }
    case 'concealed': {
      const isOffered = screen.enrolment_offered_ms !== null;
      const before = [
        words.concealed.title(screen.display_name),
        ...concealedSpoken(screen.notice ?? undefined, isOffered, words),
        ...(screen.signs_out_in_ms === null ? [] : [words.concealed.lastMinuteSpoken]),
      ];
      if (isOffered) {
        return sentences(
          ...before,
          words.enrolment.title,
          words.enrolment.lineSpoken,
          words.concealed.someoneElseLine(screen.display_name),
        );
      }
      if (screen.is_renewing) {
        return sentences(...before, words.renewing.title, words.renewing.line);
      }
      const tap = screen.tap === 'none' ? undefined : words.concealed.tap[screen.tap];
      return sentences(
        ...before,
        ...(view.reader === 'faulty' || view.reader === 'some_faulty' ? [words.reader[view.reader]] : []),
        tap === undefined ? words.concealed.next : `${tap.prompt}, ${tap.orType}`,
      );
    }
    case 'asking':
      return askingOf(screen, words).text;
    case 'second_factor': {
      const wanted = screen.wants === 'totp' ? words.secondFactor : words.wanted[screen.wants];
      if (screen.is_refused) {
        return sentences(wanted.refused, words.secondFactor.triesLeft(screen.tries_left));
      }
      if (screen.is_loss) {
        return sentences(words.lost.wanted[screen.wants], wanted.next);
      }
      return screen.display_name === undefined ? wanted.next : `${screen.display_name}: ${wanted.next}`;
    }
    case 'opening':
      return sentences(words.opening.title(screen.display_name), words.opening.line);
    case 'active':
    case 'inactivity_warning':
      return words.spoken.covered;
    case 'signing_out':
      return sentences(words.signingOut.title(screen.display_name), words.signingOut.why[screen.cause], words.signingOut.line);
    case 'not_enrolled':
      return sentences(words.notEnrolled.title, words.notEnrolled.line(view.place.workstation_id));
    case 'fail_closed':
      return sentences(words.failClosed.title, words.failClosed.what[screen.code], words.failClosed.todo[screen.code]);
  }
}

/** What she hears of it on the form that revokes her badges. */
export function lossSpoken(notice: SignedOutNotice, words: Messages): string {
  return notice.kind === 'locked_out' ? noticeSpoken(notice, words) : lossText(notice, words, '');
}

function noticeSpoken(notice: SignedOutNotice, words: Messages): string {
  return notice.kind === 'locked_out' ? words.notice.lockedOutSpoken(Math.ceil(notice.retry_after_ms / 1000)) : noticeText(notice, words, '');
}

/** While a badge is offered, the offer says what becomes of it, and a name is asked for. */
function concealedSpoken(notice: ConcealedNotice | undefined, isOffered: boolean, words: Messages): string[] {
  if (notice === undefined || (isOffered && notice.kind !== 'refused')) {
    return [];
  }
  const isLockedOut = notice.kind === 'refused' && notice.notice.kind === 'locked_out';
  return [isLockedOut ? noticeSpoken(notice.notice, words) : concealedText(notice, words, '', isOffered)];
}

function sentences(...texts: string[]): string {
  return texts.map((text) => (/[.…!?]$/.test(text) ? text : `${text}.`)).join(' ');
}
