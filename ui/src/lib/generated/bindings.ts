// Written by `cargo xtask bindings` from crates/agent-runtime. Do not edit.

/**
 * How many of an ended session's apps are closed.
 */
export type AppsProgress = {
/**
 * So many.
 */
closed: number,
/**
 * Of so many.
 */
of: number, };

/**
 * What is being asked.
 */
export type AskingStep = "first_factor" | "second_factor" | "badge" | "resume" | "loss";

/**
 * One line on the strip about a badge, or on a covered screen: words only, nothing else follows from it.
 */
export type BadgeLine = "unknown" | "unlisted" | "wait" | "refused" | "unusable" | "not_read" | "two_at_once" | "server_away" | "tap_again_to_enrol" | "enrolled" | "taken" | "too_many" | "not_enrolled";

/**
 * What happened last on a concealed screen.
 */
export type ConcealedNotice = { "kind": "inactivity" } | { "kind": "elsewhere" } | { "kind": "badge",
/**
 * What of it.
 */
line: BadgeLine, } | { "kind": "refused",
/**
 * Why, as on the signed-out screen.
 */
notice: SignedOutNotice, };

/**
 * Whether the session server answers.
 */
export type Contact = "unknown" | "online" | "away" | "not_our_server" | "clock_wrong";

/**
 * Why there is no usable answer.
 */
export type ContactFaultView = "unreachable" | "slow" | "not_our_server" | "clock_wrong" | "unavailable";

/**
 * Why a session ended, for the words on screen.
 */
export type EndCauseView = "user-button" | "user-tap" | "inactivity" | "absolute-limit" | "tap-over" | "moved" | "user-elsewhere" | "admin" | "disabled" | "credential-changed" | "policy" | "suspend" | "shutdown" | "crash-recovered" | "contact-lost" | "workstation-revoked" | "fail-closed" | "update" | "offline-expired";

/**
 * What is still missing for a sign-in or a resume.
 */
export type FactorWanted = "totp" | "password" | "pin";

/**
 * Stable codes of fail closed.
 */
export type FailClosedCode = "workstation.unknown" | "workstation.revoked" | "workstation.cloned" | "keychain.unavailable" | "spool.unavailable" | "spool.full" | "cover.unconfirmed" | "inactivity.unknown" | "apps.left" | "config.invalid" | "workstation.not_enrolled";

/**
 * What the person did.
 */
export type Intent = { "kind": "sign_in",
/**
 * As typed; a password typed into the wrong box is why this is hidden too.
 */
name: string,
/**
 * As typed.
 */
password: string, } | { "kind": "code",
/**
 * As typed.
 */
code: string, } | { "kind": "password",
/**
 * As typed.
 */
password: string, } | { "kind": "pin",
/**
 * As typed.
 */
pin: string, } | { "kind": "cancel" } | { "kind": "lost_badge",
/**
 * As typed.
 */
name: string,
/**
 * As typed.
 */
password: string, } | { "kind": "conceal" } | { "kind": "renew" } | { "kind": "my_sessions" } | { "kind": "close_my_sessions" } | { "kind": "end_elsewhere",
/**
 * As the view named it.
 */
session: string, } | { "kind": "end_everywhere_else" } | { "kind": "sign_out" } | { "kind": "stay" } | { "kind": "choose_language",
/**
 * The one to speak from now on.
 */
language: Language, };

/**
 * A language the screen speaks, by its tag (BCP 47).
 */
export type Language = "en" | "es";

/**
 * "My sessions": where else she is signed in.
 */
export type MySessionsView = { "kind": "asking" } | { "kind": "unanswered" } | { "kind": "told",
/**
 * Where; may be nowhere.
 */
elsewhere: Array<SessionElsewhere>,
/**
 * She is being signed out of one or all of them.
 */
is_ending: boolean, };

/**
 * What the holder's next tap does on her uncovered screen.
 */
export type NextTap = "none" | "covers" | "signs_out" | "stays";

/**
 * Names for the corners of the screen, from enrolment and policy.
 */
export type Place = {
/**
 * For example `St. Example Hospital`.
 */
organisation: string,
/**
 * For example `ICU-3`.
 */
unit: string,
/**
 * For example `WS-07`.
 */
workstation: string,
/**
 * Short form of the workstation id, for the help desk; empty before enrolment.
 */
workstation_id: string,
/**
 * For example `5-1234`.
 */
help_line: string, };

/**
 * What is in force because the policy file was refused.
 */
export type PolicyNotice = "last_good" | "built_in_strict";

/**
 * Whether a badge can be presented.
 */
export type ReaderView = "none" | "ready" | "some_faulty" | "faulty";

/**
 * What the holder's tap does on her concealed screen.
 */
export type ResumeTap = "none" | "resumes" | "asks_more";

/**
 * One screen.
 */
export type ScreenView = { "kind": "starting" } | { "kind": "signed_out",
/**
 * Why the last attempt ended, or why the last session did.
 */
notice?: SignedOutNotice,
/**
 * "Enrol this badge?": whoever signs in with name, password and code within this time gets the badge that was
 * presented last.
 */
enrolment_offered_ms: number | null, } | { "kind": "asking",
/**
 * What was sent.
 */
step: AskingStep,
/**
 * Two seconds have passed: say so in words.
 */
is_slow: boolean,
/**
 * It went unanswered for this reason and is asked again by itself.
 */
fault?: ContactFaultView, } | { "kind": "second_factor",
/**
 * What.
 */
wants: FactorWanted,
/**
 * It signs nobody in: she has lost her badge, and it is to be revoked.
 */
is_loss: boolean,
/**
 * Whom the badge names; absent where a name was typed.
 */
display_name?: string,
/**
 * Time left.
 */
expires_in_ms: number,
/**
 * Wrong codes it still takes.
 */
tries_left: number,
/**
 * The last code was refused.
 */
is_refused: boolean, } | { "kind": "opening",
/**
 * Who.
 */
display_name: string, } | { "kind": "concealed",
/**
 * Who.
 */
display_name: string,
/**
 * For example `RN`; empty when none is known.
 */
role: string,
/**
 * What happened last.
 */
notice?: ConcealedNotice,
/**
 * Set in the last minute before the limit: a line and a countdown.
 */
signs_out_in_ms: number | null,
/**
 * "Enrol this badge?", as on the signed-out screen: for whoever signs in over her session.
 */
enrolment_offered_ms: number | null,
/**
 * What a tap of hers does.
 */
tap: ResumeTap,
/**
 * "Renew": her password is asked for, and then a code, so that a tap alone is enough for longer.
 */
is_renewing: boolean, } | { "kind": "active",
/**
 * Who.
 */
display_name: string,
/**
 * For example `RN`; empty when none is known.
 */
role: string,
/**
 * Set in the last two minutes before the limit.
 */
signs_out_in_ms: number | null,
/**
 * The absolute limit is within five minutes; it cannot be extended.
 */
absolute_limit_in_ms: number | null,
/**
 * What her next tap does.
 */
tap: NextTap,
/**
 * What the strip says for a few seconds.
 */
line?: StripLine,
/**
 * "Renew": a tap alone will soon not be enough any more, or is not by now.
 */
offers_renewal: boolean,
/**
 * "My sessions" stands open.
 */
my_sessions?: MySessionsView, } | { "kind": "inactivity_warning",
/**
 * Who.
 */
display_name: string,
/**
 * For example `RN`; empty when none is known.
 */
role: string,
/**
 * Countdown.
 */
signs_out_in_ms: number,
/**
 * For "nothing was typed or touched for {n} minutes".
 */
inactive_for_ms: number,
/**
 * What her next tap does.
 */
tap: NextTap,
/**
 * What the strip says for a few seconds.
 */
line?: StripLine, } | { "kind": "signing_out",
/**
 * Whose session.
 */
display_name: string,
/**
 * Why.
 */
cause: EndCauseView,
/**
 * How far closing her apps has got; absent where that is not under way, or she has none.
 */
apps?: AppsProgress, } | { "kind": "not_enrolled" } | { "kind": "fail_closed",
/**
 * Stable code, for example `keychain.unavailable`.
 */
code: FailClosedCode,
/**
 * Since.
 */
since_ms: number,
/**
 * Next retry.
 */
retry_in_ms: number, };

/**
 * A session of hers at another workstation.
 */
export type SessionElsewhere = {
/**
 * Names it in [`Intent::EndElsewhere`].
 */
session: string,
/**
 * For example `WS-07`.
 */
workstation: string,
/**
 * For example `ICU-3`; may be empty.
 */
unit: string,
/**
 * So long ago, when the list was told, she signed in there.
 */
opened_ago_ms: number,
/**
 * Its screen is covered.
 */
is_covered: boolean, };

/**
 * One line on the signed-out screen.
 */
export type SignedOutNotice = { "kind": "refused" } | { "kind": "challenge_over" } | { "kind": "locked_out",
/**
 * Time left.
 */
retry_after_ms: number, } | { "kind": "disabled" } | { "kind": "unanswered",
/**
 * `unreachable`, `slow`, `not_our_server`, `clock_wrong` or `unavailable`.
 */
fault: ContactFaultView,
/**
 * The same request is sent again by itself.
 */
is_retrying: boolean, } | { "kind": "busy" } | { "kind": "malformed" } | { "kind": "badge",
/**
 * What of it.
 */
line: BadgeLine, } | { "kind": "badges_revoked",
/**
 * So many there were; none where she had none.
 */
count: number, } | { "kind": "not_possible_now",
/**
 * Stable code.
 */
code: FailClosedCode, } | { "kind": "session_ended",
/**
 * Why.
 */
cause: EndCauseView, };

/**
 * What the strip says for a few seconds.
 */
export type StripLine = { "kind": "badge",
/**
 * What.
 */
line: BadgeLine, } | { "kind": "apps_stand_still" };

/**
 * What is on screen.
 */
export type ViewModel = {
/**
 * Grows with each emitted view; a drawer ignores an older one.
 */
revision: number,
/**
 * The one thing on screen.
 */
screen: ScreenView,
/**
 * Where we are.
 */
place: Place,
/**
 * Whether the session server answers.
 */
contact: Contact,
/**
 * Whether a shield holds the screen; `false` is said on screen in words.
 */
is_enforced: boolean,
/**
 * Whether a badge can be presented.
 */
reader: ReaderView,
/**
 * What all of it is said in.
 */
language: Language,
/**
 * The policy file was refused; said on screen in one small line while it holds.
 */
policy_notice?: PolicyNotice, };
