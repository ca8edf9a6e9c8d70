import type { ViewModel } from './generated/bindings';
import { LANGUAGES } from './messages/words';
import { askingOf, noticeText } from './notice';

/** What a screen reader hears when this view comes up: the state, and what to do next. */
export function spoken(view: ViewModel): string {
  const { screen } = view;
  const words = LANGUAGES[view.language];
  switch (screen.kind) {
    case 'starting':
      return sentences(words.starting.title, words.starting.line);
    case 'signed_out': {
      const notice = screen.notice ?? undefined;
      if (notice?.kind === 'locked_out') {
        return words.notice.lockedOutSpoken(Math.ceil(notice.retry_after_ms / 1000));
      }
      return notice === undefined ? words.signedOut.next : noticeText(notice, words, '');
    }
    case 'asking':
      return askingOf(screen, words).text;
    case 'second_factor':
      return screen.is_refused
        ? sentences(words.secondFactor.refused, words.secondFactor.triesLeft(screen.tries_left))
        : words.secondFactor.next;
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

function sentences(...texts: string[]): string {
  return texts.map((text) => (/[.…!?]$/.test(text) ? text : `${text}.`)).join(' ');
}
