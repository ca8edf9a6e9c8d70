import type { ContactFaultView, EndCauseView, FailClosedCode, Place, ScreenView, SignedOutNotice, ViewModel } from '../generated/bindings';

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

/** A scene on the ward, online and enforced unless said otherwise. */
export function scene(screen: ScreenView, rest: Partial<Scene> = {}): Scene {
  return { screen, place: WARD, contact: 'online', is_enforced: true, ...rest };
}

/** The signed-out scene with one notice. */
export function noticed(notice: SignedOutNotice, rest: Partial<Scene> = {}): Scene {
  return scene({ kind: 'signed_out', notice }, rest);
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
  'config.invalid': true,
  'workstation.not_enrolled': true,
};

/** Every fault of contact. */
export const FAULTS = Object.keys(ONE_OF_EACH_FAULT) as ContactFaultView[];
/** Every cause a session can end by. */
export const CAUSES = Object.keys(ONE_OF_EACH_CAUSE) as EndCauseView[];
/** Every code of fail closed. */
export const CODES = Object.keys(ONE_OF_EACH_CODE) as FailClosedCode[];

/** Every notice of the signed-out screen, by a name. */
export const NOTICES: Record<string, SignedOutNotice> = {
  refused: { kind: 'refused' },
  challenge_over: { kind: 'challenge_over' },
  locked_out: { kind: 'locked_out', retry_after_ms: 27_000 },
  account_disabled: { kind: 'disabled' },
  busy: { kind: 'busy' },
  malformed: { kind: 'malformed' },
  ...Object.fromEntries(FAULTS.map((fault) => [`unanswered_${fault}`, { kind: 'unanswered', fault, is_retrying: fault === 'unreachable' }])),
  ...Object.fromEntries(CODES.map((code) => [`not_possible_now_${code}`, { kind: 'not_possible_now', code }])),
  ...Object.fromEntries(CAUSES.map((cause) => [`session_ended_${cause}`, { kind: 'session_ended', cause }])),
};

/** The scenes worth a picture, by the name of the picture. */
export const SCENES: Record<string, Scene> = {
  starting: scene({ kind: 'starting' }, { contact: 'unknown' }),
  signed_out: scene({ kind: 'signed_out' }),
  signed_out_server_away: scene({ kind: 'signed_out' }, { contact: 'away' }),
  signed_out_not_our_server: scene({ kind: 'signed_out' }, { contact: 'not_our_server' }),
  signed_out_clock_wrong: scene({ kind: 'signed_out' }, { contact: 'clock_wrong' }),
  signed_out_not_enforced: scene({ kind: 'signed_out' }, { is_enforced: false }),
  signed_out_policy_refused: scene({ kind: 'signed_out' }, { policy_notice: 'last_good', is_enforced: false, contact: 'away' }),
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
  asking: scene({ kind: 'asking', step: 'first_factor', is_slow: false }),
  asking_slow: scene({ kind: 'asking', step: 'first_factor', is_slow: true }),
  asking_unanswered: scene({ kind: 'asking', step: 'first_factor', is_slow: true, fault: 'unreachable' }, { contact: 'away' }),
  second_factor: scene({ kind: 'second_factor', expires_in_ms: 118_000, tries_left: 5, is_refused: false }),
  second_factor_refused: scene({ kind: 'second_factor', expires_in_ms: 64_000, tries_left: 3, is_refused: true }),
  asking_second_factor: scene({ kind: 'asking', step: 'second_factor', is_slow: true }),
  opening: scene({ kind: 'opening', display_name: 'Maria O.' }),
  active: scene({ kind: 'active', display_name: 'Maria O.', role: 'RN', signs_out_in_ms: null, absolute_limit_in_ms: null }),
  inactivity_warning: scene({
    kind: 'inactivity_warning',
    display_name: 'Maria O.',
    role: 'RN',
    signs_out_in_ms: 60_000,
    inactive_for_ms: 840_000,
  }),
  signing_out: scene({ kind: 'signing_out', display_name: 'Maria O.', cause: 'inactivity' }),
  not_enrolled: scene({ kind: 'not_enrolled' }, { place: { ...WARD, organisation: '', unit: '', workstation: '' }, contact: 'unknown' }),
  fail_closed: scene({ kind: 'fail_closed', code: 'keychain.unavailable', since_ms: 240_000, retry_in_ms: 20_000 }),
  fail_closed_spool_full: scene({ kind: 'fail_closed', code: 'spool.full', since_ms: 4_000, retry_in_ms: 55_000 }, { contact: 'away' }),
  fail_closed_revoked: scene({ kind: 'fail_closed', code: 'workstation.revoked', since_ms: 90_000_000, retry_in_ms: 300_000 }),
};
