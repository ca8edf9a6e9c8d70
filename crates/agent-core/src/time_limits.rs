//! How long each wait may last. Fixed: a site decides about its people's time (policy), not about ours.

use std::time::Duration;

/// `ScreenCovered` must follow `CoverScreen` within this, or the cover counts as unconfirmed.
pub const COVER_LIMIT: Duration = Duration::from_secs(2);
/// The same at start, where the display may still be coming up.
pub const COVER_LIMIT_AT_START: Duration = Duration::from_secs(5);
/// `ScreenUncovered` must follow `UncoverScreen` within this.
pub const UNCOVER_LIMIT: Duration = Duration::from_secs(3);
/// The start-up port answers within 15 s; after this it is asked again.
pub const START_UP_LIMIT: Duration = Duration::from_secs(20);
/// Login record and credential must be in place within this (the keychain answers within 3 s).
pub const SECURING_LIMIT: Duration = Duration::from_secs(8);
/// What a session's end owes must be paid within this, or the agent fails closed and goes on paying.
pub const ENDING_LIMIT: Duration = Duration::from_secs(5);
/// The inactivity port answers within 100 ms, and says so where the display does not; without an answer after this,
/// something of ours stands still, and no busy machine is blamed for it. No session is in use later than this behind
/// its inactivity limit; the server ends it 5 s behind.
pub const MEASURE_LIMIT: Duration = Duration::from_secs(1);
/// Who is so late behind an inactivity limit was asleep with the machine, where nobody types; who is less late was
/// only held up, and input may have been missed.
pub const SLEPT_BEHIND_LIMIT: Duration = Duration::from_secs(3);
/// An answer is called slow, in words, after this.
pub const SLOW_AFTER: Duration = Duration::from_secs(2);
/// The server port gives one request up at 5 s; should even that not be told, the core does at this.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(8);
/// An unanswered request is sent again, with the same id, after this.
pub const RETRY_AFTER: Duration = Duration::from_secs(3);
/// After this the retries end, in words.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(120);
/// What a tap asked for is given up after this, in words: whoever made it may have gone, and what it opens late opens for
/// somebody else.
pub const TAP_GIVE_UP_AFTER: Duration = Duration::from_secs(20);
/// First wait between two tries to leave `FailClosed`; each further one doubles it.
pub const BACK_OFF_FIRST: Duration = Duration::from_secs(1);
/// No wait between two tries is longer.
pub const BACK_OFF_MAX: Duration = Duration::from_secs(30);
/// The absolute limit is announced this long before it, or at half of the session where that is later.
pub const ABSOLUTE_WARNING: Duration = Duration::from_secs(5 * 60);
/// No report is due more often, whatever a server says.
pub const HEARTBEAT_MIN: Duration = Duration::from_millis(100);
/// The same badge counts again once it has been away from the reader for this long.
pub const AWAY_MIN: Duration = Duration::from_millis(2_500);
/// The holder's tap does not count so soon after her screen was uncovered: the badge that opened it is still in her
/// hand.
pub const HOLDER_IGNORED_AFTER_UNCOVER: Duration = Duration::from_secs(5);
/// An unknown badge can be enrolled by whoever signs in within this.
pub const ENROLMENT_OFFER: Duration = Duration::from_secs(30);
/// A colleague's sign-in over a concealed session is given up after this long without a word from him.
pub const TAP_OVER_LIMIT: Duration = Duration::from_secs(20);
/// Where a tap signs out, the session is kept for this long, so that a second tap can undo it.
pub const SIGN_OUT_UNDO: Duration = Duration::from_secs(8);
/// What a badge led to is said on the strip for this long.
pub const BADGE_LINE: Duration = Duration::from_secs(5);
/// That apps do not go on, for this long: they are tried again within it, and it is said anew.
pub const APPS_LINE: Duration = Duration::from_secs(8);
/// The apps of an ended session are gone within this, or the agent fails closed and goes on. Saving is given 60 s at most, closing 5 s,
/// killing 2 s, what is left besides them 2 s, wiping 15 s, and once more 15 s where the launcher ends meanwhile: 99 s.
pub const APPS_LIMIT: Duration = Duration::from_secs(105);
/// Whoever was at a covered screen and has done nothing for this long has left it.
pub const APPROACH_OVER: Duration = Duration::from_secs(60);
/// Times the screen may cover by itself between two reports before the session is given up.
pub const RECOVERIES_MAX: u32 = 3;

/// A machine that had said that it would sleep did so, where a limit is told this long after it came.
pub const SLEPT_OVER: Duration = Duration::from_secs(2);
