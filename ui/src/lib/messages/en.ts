import type { Messages } from './messages';

const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const DATE = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });

/** English. */
export const en: Messages = {
  language: 'en',
  languageName: 'English',

  clock: {
    time: (at) => TIME.format(at),
    date: (at) => DATE.format(at).replace(',', ''),
  },
  countdown: (seconds) => `${Math.floor(seconds / 60).toString()}:${(seconds % 60).toString().padStart(2, '0')}`,

  place: {
    corner: (unit, workstation) => [unit, workstation].filter((word) => word !== '').join(' · '),
    workstationId: (id) => `Workstation id ${id}`,
  },
  contact: {
    unknown: 'Connecting…',
    online: 'Online',
    away: 'Server away, trying again',
    not_our_server: 'Wrong server: call the help desk',
    clock_wrong: "This workstation's clock is wrong",
  },
  reader: {
    ready: 'Reader ready',
    some_faulty: 'One badge reader does not answer; use the other',
    faulty: 'Badge reader does not answer',
  },
  notEnforced: 'Screen not enforced: sign out before you leave',
  policy: {
    last_good: 'Rules not updated: tell IT',
    built_in_strict: 'Strict rules hold: tell IT',
  },
  help: (line) => (line === '' ? "Can't sign in? Call the help desk" : `Can't sign in? Help: ${line}`),
  code: (code) => `Code ${code}`,

  starting: { title: 'Getting ready', line: 'You can sign in here in a moment.' },

  signedOut: {
    title: 'Sign in',
    next: 'Type your user name and password',
    tap: 'Tap your badge',
    orType: 'or type your user name and password',
    readerFaulty: 'Badge reader does not answer. Sign in with your name; it is being tried again.',
    name: 'User name',
    password: 'Password',
    showPassword: 'Show password',
    hidePassword: 'Hide password',
    capsLock: 'Caps Lock is on',
    layout: { qwertz: 'Keyboard: QWERTZ?', azerty: 'Keyboard: AZERTY?', other: 'Keyboard: not QWERTY?' },
    submit: 'Sign in',
    nameMissing: 'Type your user name first.',
    passwordMissing: 'Type your password too.',
  },

  enrolment: {
    title: 'Enrol this badge?',
    line: (countdown) => `Sign in with your user name, password and code within ${countdown}.`,
    lineSpoken: 'Sign in with your user name, password and code within half a minute.',
    over: 'The time to enrol the badge is over. Tap it again to enrol it.',
  },

  badge: {
    unknown: 'This badge is not known here. Type your user name and password.',
    unlisted: 'This badge is not known here. The help desk can add it. Type your user name and password.',
    wait: 'Too many unknown badges were tried here. Type your name, or wait a few minutes.',
    refused: 'This badge is switched off. Type your user name and password, and call the help desk.',
    unusable: 'The number of this card changes each time, so it cannot be a badge. Use another one.',
    not_read: 'The badge was not read. Tap it again and hold it still.',
    two_at_once: 'Two badges at once. Tap one alone.',
    server_away: 'The server, which knows the badges, does not answer. Tap again in a moment.',
    tap_again_to_enrol: 'Tap your new badge once more to make it yours.',
    enrolled: 'This badge is yours now. Next time, just tap it.',
    taken: 'This badge belongs to someone else. Tap your own, or call the help desk.',
    too_many: 'You have as many badges as one person may have. Ask the help desk to switch one off.',
    not_enrolled: 'The badge was not enrolled. Go on without it, and ask the help desk.',
  },

  notice: {
    refused: 'That name and password do not match. Type them again.',
    challengeOver: 'The time or the tries are over. Sign in again.',
    lockedOut: (countdown) => `Too many tries with this name. Try again in ${countdown}.`,
    lockedOutSpoken: (seconds) => `Too many tries with this name. Try again in ${spokenDuration(seconds)}.`,
    lockedOutOver: 'You can try again now.',
    disabled: 'This account is switched off. Call the help desk.',
    unanswered: {
      unreachable: 'The server cannot be reached.',
      slow: 'The server did not answer in time.',
      not_our_server: 'Something else answers in place of the server. Do not sign in here; call the help desk.',
      clock_wrong: "This workstation's clock is wrong. Call the help desk, and use another workstation.",
      unavailable: 'The server cannot sign anyone in right now.',
    },
    retrying: 'Trying again by itself; you need not type anything.',
    busy: 'Many people are signing in right now. Wait a moment, then try again.',
    malformed: 'Too long, or with a character that cannot be used. At most 256 plain letters in a name, 1,024 in a password.',
    notPossibleNow: {
      'workstation.unknown': 'The server does not know this workstation. Use another one, and call the help desk.',
      'workstation.revoked': 'This workstation is out of service. Use another one.',
      'workstation.cloned': 'This workstation must be checked by IT. Use another one.',
      'keychain.unavailable': 'Nobody can sign in here right now: the key store does not open. Use another workstation.',
      'spool.unavailable': 'Nobody can sign in here right now: it cannot be put on record. Use another workstation.',
      'spool.full': 'Nobody can sign in here right now: there is no room left for records. Use another workstation.',
      'cover.unconfirmed': 'Nobody can sign in here right now: the screen cannot be covered. Use another workstation.',
      'inactivity.unknown': 'Nobody can sign in here right now: automatic sign-out does not work. Use another workstation.',
      'apps.left': 'Nobody can sign in here right now: what ran before cannot be closed. Use another workstation.',
      'config.invalid': 'Nobody can sign in here right now: the settings cannot be read. Use another workstation.',
      'workstation.not_enrolled': 'This workstation is not set up yet. Use another one.',
    },
    sessionEnded: {
      'user-button': 'Signed out.',
      'user-tap': 'Signed out by badge.',
      inactivity: 'Signed out because nothing was typed or touched.',
      'absolute-limit': 'Signed out: the longest time for one session was reached. Sign in again to go on.',
      'tap-over': 'Signed out: a colleague signed in here.',
      moved: 'Signed out here: the session moved to another workstation.',
      'user-elsewhere': 'Signed out here: the same person signed in at another workstation.',
      admin: 'Signed out by an administrator.',
      disabled: 'Signed out: the account was switched off.',
      'credential-changed': 'Signed out: the password or code was changed. Sign in with the new one.',
      policy: 'Signed out: the rules for this workstation changed. Sign in again to go on.',
      suspend: 'Signed out because the workstation was asleep.',
      shutdown: 'Signed out when the workstation was switched off.',
      'crash-recovered': 'Signed out after an interruption. Sign in again to go on.',
      'contact-lost': 'Signed out: the server was out of reach for too long.',
      'workstation-revoked': 'Signed out: this workstation is out of service.',
      'fail-closed': 'Signed out, to be safe, after a fault here. Sign in again to go on.',
      update: 'Signed out for an update. Sign in again to go on.',
      'offline-expired': 'Signed out: time without the server is over.',
    },
    badgesRevoked: (count) => {
      if (count === 0) {
        return 'You have no badge that works. There was nothing to revoke.';
      }
      return count === 1
        ? 'Your badge is revoked. Ask the help desk for a new one.'
        : `Your badges are revoked (${count.toString()}). Ask the help desk for a new one.`;
    },
  },

  asking: {
    first_factor: { busy: 'Signing in…', slow: 'The server is slow to answer. Still trying; please wait.' },
    second_factor: { busy: 'Checking…', slow: 'The server is slow to answer. Still trying; please wait.' },
    badge: { busy: 'Checking your badge…', slow: 'The server is slow to answer. Still trying; please wait.' },
    resume: { busy: 'Resuming…', slow: 'The server is slow to answer. Still trying; please wait.' },
    loss: { busy: 'Checking your name and password…', slow: 'The server is slow to answer. Still trying; please wait.' },
  },
  cancel: 'Cancel',

  secondFactor: {
    title: 'Your six-digit code',
    next: 'Type the code that your authenticator app shows now',
    label: 'Six-digit code',
    refused: 'That code was not accepted. Wait for the next one, then type it.',
    triesLeft: (tries) => (tries === 1 ? 'Last try' : `${tries.toString()} tries left`),
    timeLeft: (countdown) => `${countdown} left`,
    timeOver: 'Time is over',
  },

  wanted: {
    password: {
      title: 'Your password',
      next: 'Type your password to go on',
      label: 'Password',
      refused: 'That password was not accepted. Type it again.',
    },
    pin: {
      title: 'Your PIN',
      next: 'Type the PIN that goes with your badge',
      label: 'PIN',
      refused: 'That PIN was not accepted. Type it again.',
    },
  },
  pin: { length: 'A PIN has 6 to 12 digits.', show: 'Show PIN', hide: 'Hide PIN' },
  goOn: 'Go on',

  concealed: {
    title: (name) => (name === '' ? 'Someone is signed in' : `${name} is signed in`),
    tap: {
      resumes: { prompt: 'Tap to resume', orType: 'or type the password' },
      asks_more: { prompt: 'Tap your badge', orType: 'or enter your password. A tap alone is not enough.' },
    },
    next: 'Type the password to resume',
    passwordOf: (name) => (name === '' ? 'Password' : `Password of ${name}`),
    submit: 'Resume',
    inactivity: 'Covered because nothing was typed or touched.',
    elsewhere: 'Covered because the same person went on at another workstation.',
    refused: 'That password was not accepted. Type it again.',
    lastMinute: (countdown) => `Signs out in ${countdown}. Resume before then to stay signed in.`,
    lastMinuteSpoken: 'Signs out within a minute. Resume before then to stay signed in.',
    someoneElse: (name) => (name === '' ? 'Sign in as someone else' : `Not ${name}? Sign in as someone else`),
    someoneElseLine: (name) =>
      name === '' ? 'Once you are in, the other person is signed out.' : `Once you are in, ${name} is signed out.`,
    back: (name) => (name === '' ? 'Back' : `Back to ${name}`),
  },

  renewing: {
    title: "Renew your badge's time",
    line: 'Enter your password, and then a code. Your session is kept.',
    submit: 'Continue',
    notNow: 'Not now',
  },

  without: {
    open: (help) => (help === '' ? "Can't use your badge or phone?" : `Can't use your badge or phone? Help: ${help}`),
    title: "Can't use your badge or phone?",
    titlePhone: "Can't use your phone?",
    badge: {
      title: 'No badge with you',
      signedOut: 'You need none: sign in with your user name, password and code.',
      concealed: 'You need none: resume with your password. A colleague signs in with user name, password and code.',
    },
    phone: {
      title: 'No phone with you',
      text: (help) =>
        help === ''
          ? 'The code comes from it. Call the help desk: they check who you are and set up your code anew.'
          : `The code comes from it. Call the help desk, ${help}: they check who you are and set up your code anew.`,
    },
    lost: {
      title: 'Badge lost or stolen',
      text: (help) =>
        help === ''
          ? 'Revoke it with your user name, password and code. No phone either? Ask the help desk to revoke it.'
          : `Revoke it with your user name, password and code. No phone either? Ask the help desk, ${help}, to revoke it.`,
      open: 'I lost my badge',
    },
    back: 'Back',
  },

  lost: {
    title: 'I lost my badge',
    line: 'All your badges stop working at once. You can still sign in with your password and a code.',
    submit: 'Revoke my badges',
    challengeOver: 'The time or the tries are over. Nothing was changed. Type your name and password again.',
    wanted: {
      totp: 'Your code to revoke your badges',
      password: 'Your password to revoke your badges',
      pin: 'Your PIN to revoke your badges',
    },
  },

  keyboard: {
    label: 'Keyboard on screen',
    show: 'Show keyboard',
    hide: 'Hide keyboard',
    shift: 'Shift',
    backspace: 'Backspace',
    enter: 'Enter',
    space: 'Space',
    letters: 'Letters',
    symbols: 'Digits and signs',
    accents: 'Accents',
  },

  opening: { title: (name) => (name === '' ? 'Welcome' : `Welcome, ${name}`), line: 'Opening your desktop…' },

  signingOut: {
    title: (name) => (name === '' ? 'Signing out' : `Signing out ${name}`),
    why: {
      'user-button': 'Sign-out was asked for here.',
      'user-tap': 'Sign-out was asked for by badge.',
      inactivity: 'Nothing was typed or touched for a while.',
      'absolute-limit': 'The longest time for one session was reached.',
      'tap-over': 'A colleague is signing in here.',
      moved: 'The session moved to another workstation.',
      'user-elsewhere': 'The same person signed in at another workstation.',
      admin: 'An administrator ended the session.',
      disabled: 'The account was switched off.',
      'credential-changed': 'The password or code was changed.',
      policy: 'The rules for this workstation changed.',
      suspend: 'The workstation was asleep.',
      shutdown: 'The workstation is being switched off.',
      'crash-recovered': 'The last session was interrupted.',
      'contact-lost': 'The server was out of reach for too long.',
      'workstation-revoked': 'This workstation is out of service.',
      'fail-closed': 'Something here needs attention first.',
      update: 'An update is being put in place.',
      'offline-expired': 'Time without the server is over.',
    },
    line: 'You can sign in here in a moment.',
    apps: (closed, of) => `Saving the work and closing programs: ${String(closed)}\u00a0of\u00a0${String(of)} closed.`,
  },

  notEnrolled: {
    title: 'Ask IT to enrol this workstation',
    line: (id) => (id === '' ? 'Nobody can sign in here yet.' : `Nobody can sign in here yet. Workstation id ${id}`),
    todo: (help) => (help === '' ? 'Use another workstation until then.' : `Use another workstation until then. Help: ${help}`),
  },

  failClosed: {
    title: 'Please use another workstation',
    what: {
      'workstation.unknown': 'The server does not know this workstation.',
      'workstation.revoked': 'This workstation was taken out of service.',
      'workstation.cloned': 'Another machine uses the identity of this workstation.',
      'keychain.unavailable': 'The key store of this workstation does not open.',
      'spool.unavailable': 'Sign-ins cannot be put on record here.',
      'spool.full': 'There is no room left here to put sign-ins on record.',
      'cover.unconfirmed': 'The screen cannot be covered here.',
      'inactivity.unknown': 'Automatic sign-out does not work here.',
      'apps.left': 'What the person before had open here cannot be closed.',
      'config.invalid': 'The settings of this workstation cannot be read.',
      'workstation.not_enrolled': 'This workstation is not set up yet.',
    },
    todo: {
      'workstation.unknown': 'IT can enrol it again.',
      'workstation.revoked': 'IT can enrol it again.',
      'workstation.cloned': 'IT must check both machines.',
      'keychain.unavailable': 'It works again once the key store is unlocked. If this stays, IT can help.',
      'spool.unavailable': 'IT must check the disk of this workstation.',
      'spool.full': 'It works again once the server has taken the waiting records. If this stays, IT can help.',
      'cover.unconfirmed': 'Close open menus, if you see any. If this stays, IT can help.',
      'inactivity.unknown': 'Restarting the workstation may help. If this stays, IT can help.',
      'apps.left': 'It tries again by itself. Restarting the workstation may help. If this stays, IT can help.',
      'config.invalid': 'IT must correct the settings file.',
      'workstation.not_enrolled': 'IT can enrol it.',
    },
    callHelp: (help) => (help === '' ? 'Call the help desk and read out:' : `Call ${help} and read out:`),
    since: (at, isToday) => (isToday ? `Since ${TIME.format(at)}` : `Since ${DATE.format(at).replace(',', '')}, ${TIME.format(at)}`),
    retry: (countdown) => `Tries again by itself in ${countdown}`,
    retrying: 'Trying again…',
  },

  spoken: {
    secondsLeft: (seconds) => `${seconds.toString()} seconds left`,
    covered: 'The screen is covered.',
  },
};

function spokenDuration(seconds: number): string {
  if (seconds < 90) {
    return `${seconds.toString()} seconds`;
  }
  return `${Math.ceil(seconds / 60).toString()} minutes`;
}
