import type {
  BadgeLine,
  ConcealedNotice,
  ContactFaultView,
  EndCauseView,
  FailClosedCode,
  Place,
  ScreenView,
  SignedOutNotice,
  ViewModel,
} from '../generated/bindings';
import { canTap } from '../reader';

/** A view without its revision, which is counted where it is shown, and in whichever language is spoken there. */
export type Scene = Omit<ViewModel, 'revision' | 'language'>;

/** Where the scenes play. */
export const WARD: Place = {
  organisation: 'St. Example Hospital',
  unit: 'ICU-3',
  workstation: 'WS-07',
  workstation_id: '7f3a-91c2',
  help_line: '5-1234',
};

/** Where the names are as long as names get. */
const LONG_WARD: Place = {
  organisation: 'Universitätsklinikum St. Hildegard-Franziskus, Zentrum für Herz- und Gefäßchirurgie',
  unit: 'Cardiothoracic Intensive Care, Level 4 West',
  workstation: 'CTICU-4W-BEDSIDE-CART-0117',
  workstation_id: '7f3a91c2',
  help_line: '+1 555 010-0199, extension 12345',
};
const LONG_NAME = 'Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh M.';

/** A scene on the ward, online, enforced and without a badge reader unless said otherwise. */
export function scene(screen: ScreenView, rest: Partial<Scene> = {}): Scene {
  return { screen, place: WARD, contact: 'online', is_enforced: true, reader: 'none', ...rest };
}

function signedOut(rest: Partial<Scene> = {}): Scene {
  return scene({ kind: 'signed_out', enrolment_offered_ms: null }, rest);
}

/** The signed-out scene with nothing to say. */
export const SIGNED_OUT = signedOut();

/** The signed-out scene with one notice. */
export function noticed(notice: SignedOutNotice, rest: Partial<Scene> = {}): Scene {
  return scene({ kind: 'signed_out', notice, enrolment_offered_ms: null }, rest);
}

const HELD = {
  kind: 'concealed',
  display_name: 'Maria O.',
  role: 'RN',
  signs_out_in_ms: null,
  enrolment_offered_ms: null,
  tap: 'resumes',
  is_renewing: false,
} as const;

/** Maria's session, concealed, with a reader that reads unless said otherwise. */
export function concealed(notice?: ConcealedNotice, signs_out_in_ms: number | null = null, rest: Partial<Scene> = {}): Scene {
  const { reader = 'ready' } = rest;
  const tap = canTap(reader) ? 'resumes' : 'none';
  return scene({ ...HELD, ...(notice === undefined ? {} : { notice }), signs_out_in_ms, tap }, { ...rest, reader });
}

/** Maria's session, concealed, when her tap is not enough any more. */
export function asksMore(rest: Partial<Scene> = {}): Scene {
  return scene({ ...HELD, tap: 'asks_more' }, { reader: 'ready', ...rest });
}

/** Maria's session, concealed because she renews what her tap may do. */
export function renewing(notice?: ConcealedNotice, signs_out_in_ms: number | null = null): Scene {
  return scene({ ...HELD, ...(notice === undefined ? {} : { notice }), signs_out_in_ms, is_renewing: true }, { reader: 'ready' });
}

/** Maria's session, concealed, while a badge that nobody has is offered to whoever signs in over it. */
export function offering(
  enrolment_offered_ms: number,
  notice: ConcealedNotice = { kind: 'badge', line: 'unknown' },
  signs_out_in_ms: number | null = null,
): Scene {
  return scene({ ...HELD, notice, signs_out_in_ms, enrolment_offered_ms }, { reader: 'ready' });
}

/** One of each, so that a code the agent gains is missed here by the compiler. */
const ONE_OF_EACH_FAULT: Record<ContactFaultView, true> = {
  unreachable: true,
  slow: true,
  not_our_server: true,
  clock_wrong: true,
  unavailable: true,
};
const ONE_OF_EACH_CAUSE: Record<EndCauseView, true> = {
  'user-button': true,
  'user-tap': true,
  inactivity: true,
  'absolute-limit': true,
  'tap-over': true,
  moved: true,
  'user-elsewhere': true,
  admin: true,
  disabled: true,
  'credential-changed': true,
  policy: true,
  suspend: true,
  shutdown: true,
  'crash-recovered': true,
  'contact-lost': true,
  'workstation-revoked': true,
  'fail-closed': true,
  update: true,
  'offline-expired': true,
};
const ONE_OF_EACH_CODE: Record<FailClosedCode, true> = {
  'workstation.unknown': true,
  'workstation.revoked': true,
  'workstation.cloned': true,
  'keychain.unavailable': true,
  'spool.unavailable': true,
  'spool.full': true,
  'cover.unconfirmed': true,
  'inactivity.unknown': true,
  'apps.left': true,
  'config.invalid': true,
  'workstation.not_enrolled': true,
};
const ONE_OF_EACH_LINE: Record<BadgeLine, true> = {
  unknown: true,
  unlisted: true,
  wait: true,
  refused: true,
  unusable: true,
  not_read: true,
  two_at_once: true,
  server_away: true,
  tap_again_to_enrol: true,
  enrolled: true,
  taken: true,
  too_many: true,
  not_enrolled: true,
};

/** Every fault of contact. */
export const FAULTS = Object.keys(ONE_OF_EACH_FAULT) as ContactFaultView[];
/** Every cause a session can end by. */
export const CAUSES = Object.keys(ONE_OF_EACH_CAUSE) as EndCauseView[];
/** Every code of fail closed. */
export const CODES = Object.keys(ONE_OF_EACH_CODE) as FailClosedCode[];
/** Everything a badge can lead to besides signing in. */
export const LINES = Object.keys(ONE_OF_EACH_LINE) as BadgeLine[];

/** Every notice of the signed-out screen, by a name. */
export const NOTICES: Record<string, SignedOutNotice> = {
  refused: { kind: 'refused' },
  challenge_over: { kind: 'challenge_over' },
  locked_out: { kind: 'locked_out', retry_after_ms: 27_000 },
  account_disabled: { kind: 'disabled' },
  busy: { kind: 'busy' },
  malformed: { kind: 'malformed' },
  badges_revoked: { kind: 'badges_revoked', count: 2 },
  no_badge_to_revoke: { kind: 'badges_revoked', count: 0 },
  ...Object.fromEntries(FAULTS.map((fault) => [`unanswered_${fault}`, { kind: 'unanswered', fault, is_retrying: fault === 'unreachable' }])),
  ...Object.fromEntries(CODES.map((code) => [`not_possible_now_${code}`, { kind: 'not_possible_now', code }])),
  ...Object.fromEntries(CAUSES.map((cause) => [`session_ended_${cause}`, { kind: 'session_ended', cause }])),
  ...Object.fromEntries(LINES.map((line) => [`badge_${line}`, { kind: 'badge', line }])),
};

/** Every notice of a concealed screen, by a name. */
export const CONCEALED_NOTICES: Record<string, ConcealedNotice> = {
  inactivity: { kind: 'inactivity' },
  elsewhere: { kind: 'elsewhere' },
  ...Object.fromEntries(LINES.map((line) => [`badge_${line}`, { kind: 'badge', line }])),
  ...Object.fromEntries(Object.entries(NOTICES).map(([name, notice]) => [`refused_${name}`, { kind: 'refused', notice }])),
};

/** The scenes worth a picture, by the name of the picture. */
export const SCENES: Record<string, Scene> = {
  starting: scene({ kind: 'starting' }, { contact: 'unknown' }),
  signed_out: SIGNED_OUT,
  signed_out_server_away: signedOut({ contact: 'away' }),
  signed_out_not_our_server: signedOut({ contact: 'not_our_server' }),
  signed_out_clock_wrong: signedOut({ contact: 'clock_wrong' }),
  signed_out_not_enforced: signedOut({ is_enforced: false }),
  signed_out_policy_refused: signedOut({ policy_notice: 'last_good', is_enforced: false, contact: 'away' }),
  refused: noticed({ kind: 'refused' }),
  locked_out: noticed({ kind: 'locked_out', retry_after_ms: 27_000 }),
  challenge_over: noticed({ kind: 'challenge_over' }),
  too_long: noticed({ kind: 'malformed' }),
  account_disabled: noticed({ kind: 'disabled' }),
  unanswered: noticed({ kind: 'unanswered', fault: 'unreachable', is_retrying: true }, { contact: 'away' }),
  not_possible_now: noticed({ kind: 'not_possible_now', code: 'keychain.unavailable' }),
  session_ended: noticed({ kind: 'session_ended', cause: 'inactivity' }),
  long_names_signed_out: noticed(
    { kind: 'not_possible_now', code: 'inactivity.unknown' },
    { place: LONG_WARD, is_enforced: false, contact: 'not_our_server' },
  ),
  long_names_signing_out: scene({ kind: 'signing_out', display_name: LONG_NAME, cause: 'user-elsewhere' }, { place: LONG_WARD }),
  long_names_fail_closed: scene(
    { kind: 'fail_closed', code: 'inactivity.unknown', since_ms: 240_000, retry_in_ms: 20_000 },
    { place: LONG_WARD },
  ),
  reader_ready: signedOut({ reader: 'ready' }),
  reader_ready_noticed: noticed({ kind: 'session_ended', cause: 'absolute-limit' }, { reader: 'ready' }),
  reader_faulty: signedOut({ reader: 'faulty' }),
  reader_some_faulty: signedOut({ reader: 'some_faulty' }),
  reader_faulty_noticed: noticed({ kind: 'session_ended', cause: 'inactivity' }, { reader: 'faulty', contact: 'away' }),
  badge_not_read: noticed({ kind: 'badge', line: 'not_read' }, { reader: 'ready' }),
  badge_unusable: noticed({ kind: 'badge', line: 'unusable' }, { reader: 'ready' }),
  badge_server_away: noticed({ kind: 'badge', line: 'server_away' }, { reader: 'ready', contact: 'away' }),
  badges_revoked: noticed({ kind: 'badges_revoked', count: 2 }, { reader: 'ready' }),
  no_badge_to_revoke: noticed({ kind: 'badges_revoked', count: 0 }, { reader: 'ready' }),
  enrolment_offered: scene(
    { kind: 'signed_out', notice: { kind: 'badge', line: 'unknown' }, enrolment_offered_ms: 30_000 },
    { reader: 'ready' },
  ),
  enrolment_refused: scene({ kind: 'signed_out', notice: { kind: 'refused' }, enrolment_offered_ms: 12_000 }, { reader: 'ready' }),
  long_names_reader_ready: noticed(
    { kind: 'not_possible_now', code: 'inactivity.unknown' },
    { place: LONG_WARD, reader: 'ready', is_enforced: false, contact: 'not_our_server' },
  ),
  concealed: concealed(),
  concealed_inactivity: concealed({ kind: 'inactivity' }),
  concealed_elsewhere: concealed({ kind: 'elsewhere' }),
  concealed_last_minute: concealed({ kind: 'inactivity' }, 45_000),
  concealed_badge_refused: concealed({ kind: 'badge', line: 'refused' }),
  concealed_refused: concealed({ kind: 'refused', notice: { kind: 'refused' } }),
  concealed_locked_out: concealed({ kind: 'refused', notice: { kind: 'locked_out', retry_after_ms: 27_000 } }, 45_000),
  concealed_no_reader: concealed(undefined, null, { reader: 'none' }),
  concealed_reader_some_faulty: concealed(undefined, null, { reader: 'some_faulty' }),
  concealed_reader_faulty: concealed({ kind: 'inactivity' }, null, { reader: 'faulty' }),
  concealed_asks_more: asksMore(),
  concealed_asks_more_some_faulty: asksMore({ reader: 'some_faulty' }),
  concealed_renewing: renewing(),
  concealed_renewing_refused: renewing({ kind: 'refused', notice: { kind: 'refused' } }, 45_000),
  concealed_badges_revoked: concealed({ kind: 'refused', notice: { kind: 'badges_revoked', count: 2 } }),
  concealed_enrolment_offered: offering(30_000),
  concealed_enrolment_refused: offering(12_000, { kind: 'refused', notice: { kind: 'refused' } }),
  long_names_concealed: scene(
    { ...HELD, display_name: 'Featherstonehaugh-Wolfeschlegel M.', signs_out_in_ms: 45_000 },
    { reader: 'ready' },
  ),
  long_names_concealed_enrolment: scene(
    { ...HELD, display_name: 'Featherstonehaugh-Wolfeschlegel M.', enrolment_offered_ms: 30_000 },
    { reader: 'ready' },
  ),
  asking_badge: scene({ kind: 'asking', step: 'badge', is_slow: false }, { reader: 'ready' }),
  asking_loss: scene({ kind: 'asking', step: 'loss', is_slow: false }, { reader: 'ready' }),
  asking_loss_unanswered: scene(
    { kind: 'asking', step: 'loss', is_slow: true, fault: 'unreachable' },
    { reader: 'ready', contact: 'away' },
  ),
  asking_resume: scene({ kind: 'asking', step: 'resume', is_slow: true }, { reader: 'ready' }),
  asking: scene({ kind: 'asking', step: 'first_factor', is_slow: false }),
  asking_slow: scene({ kind: 'asking', step: 'first_factor', is_slow: true }),
  asking_unanswered: scene({ kind: 'asking', step: 'first_factor', is_slow: true, fault: 'unreachable' }, { contact: 'away' }),
  second_factor: scene({ kind: 'second_factor', wants: 'totp', is_loss: false, expires_in_ms: 118_000, tries_left: 5, is_refused: false }),
  second_factor_refused: scene({ kind: 'second_factor', wants: 'totp', is_loss: false, expires_in_ms: 64_000, tries_left: 3, is_refused: true }),
  second_factor_named: scene(
    { kind: 'second_factor', wants: 'totp', is_loss: false, display_name: 'Maria O.', expires_in_ms: 118_000, tries_left: 5, is_refused: false },
    { reader: 'ready' },
  ),
  code_to_revoke: scene(
    { kind: 'second_factor', wants: 'totp', is_loss: true, expires_in_ms: 118_000, tries_left: 5, is_refused: false },
    { reader: 'ready' },
  ),
  code_to_revoke_refused: scene(
    { kind: 'second_factor', wants: 'totp', is_loss: true, expires_in_ms: 64_000, tries_left: 3, is_refused: true },
    { reader: 'ready' },
  ),
  password_wanted: scene(
    { kind: 'second_factor', wants: 'password', is_loss: false, display_name: 'Maria O.', expires_in_ms: 118_000, tries_left: 5, is_refused: false },
    { reader: 'ready' },
  ),
  password_wanted_refused: scene(
    { kind: 'second_factor', wants: 'password', is_loss: false, display_name: LONG_NAME, expires_in_ms: 64_000, tries_left: 3, is_refused: true },
    { reader: 'ready' },
  ),
  pin_wanted: scene(
    { kind: 'second_factor', wants: 'pin', is_loss: false, display_name: 'Maria O.', expires_in_ms: 118_000, tries_left: 10, is_refused: false },
    { reader: 'ready' },
  ),
  pin_wanted_refused: scene(
    { kind: 'second_factor', wants: 'pin', is_loss: false, display_name: 'Maria O.', expires_in_ms: 64_000, tries_left: 1, is_refused: true },
    { reader: 'ready' },
  ),
  asking_second_factor: scene({ kind: 'asking', step: 'second_factor', is_slow: true }),
  opening: scene({ kind: 'opening', display_name: 'Maria O.' }),
  active: scene({ kind: 'active', display_name: 'Maria O.', role: 'RN', signs_out_in_ms: null, absolute_limit_in_ms: null, tap: 'none', offers_renewal: false }),
  inactivity_warning: scene({
    kind: 'inactivity_warning',
    display_name: 'Maria O.',
    role: 'RN',
    signs_out_in_ms: 60_000,
    inactive_for_ms: 840_000,
    tap: 'none',
  }),
  signing_out: scene({ kind: 'signing_out', display_name: 'Maria O.', cause: 'inactivity' }),
  signing_out_saving: scene({ kind: 'signing_out', display_name: 'Maria O.', cause: 'inactivity', apps: { closed: 1, of: 3 } }),
  fail_closed_apps_left: scene({ kind: 'fail_closed', code: 'apps.left', since_ms: 4_000, retry_in_ms: 8_000 }),
  not_enrolled: scene({ kind: 'not_enrolled' }, { place: { ...WARD, organisation: '', unit: '', workstation: '' }, contact: 'unknown' }),
  fail_closed: scene({ kind: 'fail_closed', code: 'keychain.unavailable', since_ms: 240_000, retry_in_ms: 20_000 }),
  fail_closed_spool_full: scene({ kind: 'fail_closed', code: 'spool.full', since_ms: 4_000, retry_in_ms: 55_000 }, { contact: 'away' }),
  fail_closed_revoked: scene({ kind: 'fail_closed', code: 'workstation.revoked', since_ms: 90_000_000, retry_in_ms: 300_000 }),
};
