//! The keys of the policy file.

/// One key, for people: messages and the sample file are made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// With its section, for example `automatic_logoff.after`.
    pub name: &'static str,
    /// What it decides.
    pub meaning: &'static str,
    /// What holds where no file names it, as the file would write it.
    pub default: &'static str,
    /// What is accepted, in words.
    pub accepted: &'static str,
}

/// Time without input after which a session ends.
pub const AUTOMATIC_LOGOFF_AFTER: Key = Key {
    name: "automatic_logoff.after",
    meaning: "time without input after which the session ends",
    default: "\"15min\"",
    accepted: "1min to 60min; over 15min needs `automatic_logoff.reason`",
};
/// How long before that the warning begins.
pub const AUTOMATIC_LOGOFF_WARNING: Key = Key {
    name: "automatic_logoff.warning",
    meaning: "how long before automatic logoff the warning begins",
    default: "\"60s\"",
    accepted: "20s to 30min; more than half of `automatic_logoff.after` counts as half of it",
};
/// Why automatic logoff may take longer than 15 minutes.
pub const AUTOMATIC_LOGOFF_REASON: Key = Key {
    name: "automatic_logoff.reason",
    meaning: "why `automatic_logoff.after` is over 15min, for whoever reviews the policy",
    default: "none",
    accepted: "text of 10 to 500 characters",
};
/// How long a session lasts at most.
pub const SESSION_ABSOLUTE_LIMIT: Key = Key {
    name: "session.absolute_limit",
    meaning: "how long a session lasts at most; its warning begins 5min before and cannot be extended",
    default: "\"12h\"",
    accepted: "15min to 24h",
};
/// What the holder's tap on her uncovered screen does.
pub const SESSION_TAP_OUT: Key = Key {
    name: "session.tap_out",
    meaning: "what the holder's tap on her uncovered screen does",
    default: "\"cover\"",
    accepted: "\"cover\" or \"sign_out\"",
};
/// Time without input after which the screen covers itself.
pub const CONCEAL_AFTER: Key = Key {
    name: "conceal.after",
    meaning: "time without input after which the screen covers itself and keeps the session",
    default: "\"5min\"",
    accepted: "30s to 60min, where more than `automatic_logoff.after` counts as that; or \"off\", which needs \
               `conceal.reason`",
};
/// Why the screen never covers itself.
pub const CONCEAL_REASON: Key = Key {
    name: "conceal.reason",
    meaning: "why `conceal.after` is off, for whoever reviews the policy",
    default: "none",
    accepted: "text of 10 to 500 characters",
};
/// How often the agent reports at least.
pub const HEARTBEAT: Key = Key {
    name: "heartbeat",
    meaning: "how often a workstation in session reports at least",
    default: "\"60s\"",
    accepted: "15s to 5min",
};
/// What becomes of a person's other screens.
pub const SESSION_ELSEWHERE: Key = Key {
    name: "session.elsewhere",
    meaning: "what becomes of a person's other uncovered screens when she uncovers one",
    default: "\"follow\"",
    accepted: "\"follow\", \"move\", or \"allow(2)\" to \"allow(10)\"",
};
/// What a sign-in asks for.
pub const FACTORS_SIGN_IN: Key = Key {
    name: "factors.sign_in",
    meaning: "what completes a sign-in beside password and one-time code, which always do",
    default: "\"password+totp\"",
    accepted: "one or a list of \"password\", \"password+totp\", \"badge+pin\", \"badge+password\", \"badge+totp\"",
};
/// What resumes a covered session.
pub const FACTORS_RESUME: Key = Key {
    name: "factors.resume",
    meaning: "what resumes a covered session beside password and one-time code, which always do",
    default: "[\"badge\", \"password\"]",
    accepted: "one or a list of \"badge\" (within the grace period), \"badge+pin\", \"password\"",
};
/// How long a cryptographic badge alone signs in.
pub const GRACE_PERIOD_CRYPTOGRAPHIC: Key = Key {
    name: "grace.period.cryptographic",
    meaning: "how long after a strong sign-in a tap alone signs in, with a badge that proves a key of its own",
    default: "\"12h\"",
    accepted: "0s (never) to 14h",
};
/// How long a badge whose number alone is read signs in.
pub const GRACE_PERIOD_UID: Key = Key {
    name: "grace.period.uid",
    meaning: "how long after a strong sign-in a tap alone signs in, with a badge whose number alone is read",
    default: "\"8h\"",
    accepted: "0s (never) to 14h; over 8h needs `grace.reason`",
};
/// Why that is over 8 hours.
pub const GRACE_REASON: Key = Key {
    name: "grace.reason",
    meaning: "why `grace.period.uid` is over 8h, for whoever reviews the policy",
    default: "none",
    accepted: "text of 10 to 500 characters",
};
/// Where a tap alone signs in.
pub const GRACE_REACH: Key = Key {
    name: "grace.reach",
    meaning: "where a tap alone signs in: the unit of the strong sign-in, its site, or everywhere",
    default: "\"site\"",
    accepted: "\"unit\", \"site\" or \"tenant\"",
};
/// Who enrols badges.
pub const BADGES_ENROLMENT: Key = Key {
    name: "badges.enrolment",
    meaning: "who enrols a badge: its holder, a list that an administrator imports, or an administrator one by one",
    default: "\"self\"",
    accepted: "\"self\", \"listed\" or \"supervised\"",
};
/// What is started for whoever signs in.
pub const APPS_START: Key = Key {
    name: "apps.start",
    meaning: "the apps that are started for whoever signs in, and closed before anybody else does",
    default: "[]",
    accepted: "a list of up to 32 tables, each of an `id` of its own (a-z, 0-9 and -, up to 40) and a `command` (a list: \
               the program as an absolute path without `..` and without `/` at its end, then its arguments; up to 64 words of up \
               to 1024 bytes), and where the app has it `save` (such a list) and `contract` (true or false); all of them \
               together up to 24 KiB, so what needs longer command lines goes into a script of its own",
};
/// How long apps may take to save.
pub const APPS_SAVE_GRACE: Key = Key {
    name: "apps.save_grace",
    meaning: "how long apps may take to save before they are closed",
    default: "\"10s\"",
    accepted: "0s to 60s",
};
/// How old an undelivered record may become.
pub const SPOOL_MAX_AGE: Key = Key {
    name: "spool.max.age",
    meaning: "age of the oldest undelivered audit record at which the spool counts as full",
    default: "\"30 days\"",
    accepted: "1 day to 365 days",
};
/// How many undelivered records a workstation keeps.
pub const SPOOL_MAX_RECORDS: Key = Key {
    name: "spool.max.records",
    meaning: "undelivered audit records at which the spool counts as full",
    default: "100000",
    accepted: "a whole number from 1000 to 1000000",
};
/// Allows limits below their ranges.
pub const DANGER_ALLOW_SHORT_LIMITS: Key = Key {
    name: "danger_allow_short_limits",
    meaning: "allows limits below their ranges, for demonstrations and tests; logged at every start and recorded",
    default: "false",
    accepted: "true or false",
};

/// Every key there is.
pub const KEYS: [Key; 21] = [
    AUTOMATIC_LOGOFF_AFTER,
    AUTOMATIC_LOGOFF_WARNING,
    AUTOMATIC_LOGOFF_REASON,
    SESSION_ABSOLUTE_LIMIT,
    SESSION_ELSEWHERE,
    SESSION_TAP_OUT,
    CONCEAL_AFTER,
    CONCEAL_REASON,
    HEARTBEAT,
    FACTORS_SIGN_IN,
    FACTORS_RESUME,
    GRACE_PERIOD_CRYPTOGRAPHIC,
    GRACE_PERIOD_UID,
    GRACE_REASON,
    GRACE_REACH,
    BADGES_ENROLMENT,
    APPS_START,
    APPS_SAVE_GRACE,
    SPOOL_MAX_AGE,
    SPOOL_MAX_RECORDS,
    DANGER_ALLOW_SHORT_LIMITS,
];
