//! Golden JSON of every message: what a peer of another version has to be able to rely on.
#![allow(clippy::unwrap_used, reason = "tests")]

use protocol::{
    dpop::{ProofClaims, PublicJwk},
    secret::WireSecret,
    v1::{badge::*, event::ServerEvent, problem::*, session::*, workstation::*},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use uuid::Uuid;

const A: Uuid = Uuid::from_u128(0xa1);
const B: Uuid = Uuid::from_u128(0xb2);
const A_TEXT: &str = "00000000-0000-0000-0000-0000000000a1";
const B_TEXT: &str = "00000000-0000-0000-0000-0000000000b2";

#[test]
fn enrolment() {
    let key = PublicJwk { kty: text("OKP"), crv: text("Ed25519"), x: text("x") };
    let facts = DeviceFacts {
        host_name: text("ward-7"),
        os: text("Debian GNU/Linux 12"),
        agent_version: text("0.1.0"),
    };
    golden(
        &EnrolWorkstation { code: secret("SECRET"), key, facts },
        json!({
            "code": "SECRET",
            "key": { "kty": "OKP", "crv": "Ed25519", "x": "x" },
            "facts": { "host_name": "ward-7", "os": "Debian GNU/Linux 12", "agent_version": "0.1.0" },
        }),
    );
    let enrolled = WorkstationEnrolled {
        workstation_id: A,
        name: text("WS-07"),
        unit: text("ICU-3"),
        organisation: text("St. Example Hospital"),
        help_line: text("5-1234"),
        recovery_key: Some(text("recovery-key")),
    };
    let json = json!({
        "workstation_id": A_TEXT,
        "name": "WS-07",
        "unit": "ICU-3",
        "organisation": "St. Example Hospital",
        "help_line": "5-1234",
        "recovery_key": "recovery-key",
    });
    golden(&enrolled, json.clone());
    let mut without = json;
    without.as_object_mut().unwrap().remove("recovery_key");
    golden(&WorkstationEnrolled { recovery_key: None, ..enrolled }, without);
}

#[test]
fn signing_in() {
    golden(
        &OpenSession {
            attempt_id: A,
            factor: FirstFactor::Password { name: text("maria"), password: secret("pw") },
        },
        json!({ "attempt_id": A_TEXT, "factor": { "kind": "password", "name": "maria", "password": "pw" } }),
    );
    golden(
        &ChallengeIssued {
            challenge_id: A,
            satisfied_by: vec![SecondFactorKind::Totp],
            expires_in_ms: 120_000,
            tries_left: 5,
            user: None,
        },
        json!({ "challenge_id": A_TEXT, "satisfied_by": ["totp"], "expires_in_ms": 120_000, "tries_left": 5 }),
    );
    golden(
        &AnswerChallenge { attempt_id: A, factor: SecondFactor::Totp { code: secret("123456") } },
        json!({ "attempt_id": A_TEXT, "factor": { "kind": "totp", "code": "123456" } }),
    );
    let user = UserSummary { user_id: B, display_name: text("Maria O."), role: Some(text("RN")) };
    golden(
        &SessionOpened {
            session_id: A,
            user: user.clone(),
            credential: secret("credential"),
            limits: limits(),
            opened_at: text("2027-03-01T13:00:00Z"),
            grace_remaining_ms: None,
        },
        json!({
            "session_id": A_TEXT,
            "user": { "user_id": B_TEXT, "display_name": "Maria O.", "role": "RN" },
            "credential": "credential",
            "limits": limits_json(),
            "opened_at": "2027-03-01T13:00:00Z",
        }),
    );
    golden(&UserSummary { role: None, ..user }, json!({ "user_id": B_TEXT, "display_name": "Maria O." }));
}

#[test]
fn staying_and_leaving() {
    golden(&ActivityReport { idle_ms: 40 }, json!({ "idle_ms": 40 }));
    golden(
        &SessionStatus {
            session_id: A,
            state: SessionState::Lapsed,
            inactivity_remaining_ms: 1,
            absolute_remaining_ms: 2,
            grace_remaining_ms: None,
        },
        json!({
            "session_id": A_TEXT,
            "state": "lapsed",
            "inactivity_remaining_ms": 1,
            "absolute_remaining_ms": 2,
        }),
    );
    golden(
        &SessionStatus {
            session_id: A,
            state: SessionState::Open,
            inactivity_remaining_ms: 1,
            absolute_remaining_ms: 2,
            grace_remaining_ms: Some(3),
        },
        json!({
            "session_id": A_TEXT,
            "state": "open",
            "inactivity_remaining_ms": 1,
            "absolute_remaining_ms": 2,
            "grace_remaining_ms": 3,
        }),
    );
    golden(&AdoptSession { idle_ms: 1, idle_longest_ms: 2 }, json!({ "idle_ms": 1, "idle_longest_ms": 2 }));
    golden(
        &SessionAdopted { session_id: A, credential: secret("fresh"), limits: limits() },
        json!({ "session_id": A_TEXT, "credential": "fresh", "limits": limits_json() }),
    );
    golden(&EndSession { cause: EndCause::UserButton }, json!({ "cause": "user-button" }));
    let ended = SessionEnded { session_id: A, cause: EndCause::Inactivity };
    let ended_json = json!({ "session_id": A_TEXT, "cause": "inactivity" });
    golden(&ended, ended_json.clone());
    golden(&RecoverSessions { ended: vec![ended] }, json!({ "ended": [ended_json] }));
    golden(&SessionsRecovered { ended: vec![ended] }, json!({ "ended": [ended_json] }));
}

#[test]
fn events() {
    golden(&ServerEvent::Hello, json!({ "kind": "hello" }));
    golden(
        &ServerEvent::SessionEnded(SessionEnded { session_id: A, cause: EndCause::Disabled }),
        json!({ "kind": "session_ended", "session_id": A_TEXT, "cause": "disabled" }),
    );
    golden(&ServerEvent::WorkstationRevoked, json!({ "kind": "workstation_revoked" }));
}

#[test]
fn badges() {
    let badge = || PresentedBadge { number: secret("uid:04a1b2c3"), grade: BadgeGrade::Uid };
    let badge_json = json!({ "number": "uid:04a1b2c3", "grade": "uid" });
    golden(&BadgeGrade::Cryptographic, json!("cryptographic"));
    golden(&FirstFactor::Badge { badge: badge() }, json!({ "kind": "badge", "badge": badge_json }));
    golden(&IdentifyBadge { badge: badge() }, json!({ "badge": badge_json }));
    for (whose, spelled) in [
        (Whose::Holder, "holder"),
        (Whose::Other, "other"),
        (Whose::Unknown, "unknown"),
        (Whose::Refused, "refused"),
    ] {
        golden(&BadgeIdentified { whose }, json!({ "whose": spelled }));
    }
    golden(&EnrolBadge { badge: badge() }, json!({ "badge": badge_json }));
    golden(
        &BadgeEnrolled { badges: 2, grace_remaining_ms: Some(1) },
        json!({ "badges": 2, "grace_remaining_ms": 1 }),
    );
    golden(
        &BadgeLost { attempt_id: A, name: text("maria"), password: secret("password") },
        json!({ "attempt_id": A_TEXT, "name": "maria", "password": "password" }),
    );
    golden(&BadgeEnrolled { badges: 2, grace_remaining_ms: None }, json!({ "badges": 2 }));
    golden(&BadgesRevoked { revoked: 3 }, json!({ "revoked": 3 }));
    assert!(!format!("{:?}", FirstFactor::Badge { badge: badge() }).contains("a1b2c3"));
}

#[test]
fn stepping_away() {
    for (cause, spelled) in [
        (ConcealCause::UserTap, "user-tap"),
        (ConcealCause::UserButton, "user-button"),
        (ConcealCause::Inactivity, "inactivity"),
        (ConcealCause::Elsewhere, "elsewhere"),
        (ConcealCause::OtherBadge, "other-badge"),
        (ConcealCause::Suspend, "suspend"),
    ] {
        golden(&ConcealSession { cause }, json!({ "cause": spelled }));
    }
    let by_password = || ResumeFactor::Password { password: secret("p") };
    let password_json = json!({ "kind": "password", "password": "p" });
    golden(
        &ResumeSession { attempt_id: A, factor: by_password(), renews_grace: false },
        json!({ "attempt_id": A_TEXT, "factor": password_json }),
    );
    golden(
        &ResumeSession { attempt_id: A, factor: by_password(), renews_grace: true },
        json!({ "attempt_id": A_TEXT, "factor": password_json, "renews_grace": true }),
    );
    for (method, spelled) in [
        (ResumeMethod::Badge, "badge"),
        (ResumeMethod::BadgePin, "badge-pin"),
        (ResumeMethod::BadgePassword, "badge-password"),
        (ResumeMethod::BadgePasswordTotp, "badge-password-totp"),
        (ResumeMethod::Password, "password"),
        (ResumeMethod::PasswordTotp, "password-totp"),
    ] {
        golden(
            &SessionResumed { session_id: A, method, limits: limits(), grace_remaining_ms: Some(5) },
            json!({ "session_id": A_TEXT, "method": spelled, "limits": limits_json(), "grace_remaining_ms": 5 }),
        );
    }
    golden(
        &ServerEvent::CoveredElsewhere { session_id: A },
        json!({ "kind": "covered_elsewhere", "session_id": A_TEXT }),
    );
    let factor = SecondFactor::Pin { pin: secret("271828") };
    golden(&factor, json!({ "kind": "pin", "pin": "271828" }));
}

#[test]
fn where_she_is_signed_in() {
    let mine = MySession {
        session_id: A,
        workstation: text("WS-07"),
        unit: text("ICU-3"),
        opened_at: text("2027-03-01T13:00:00Z"),
        state: SessionState::Open,
        is_covered: true,
        is_this: false,
    };
    let mine_json = json!({
        "session_id": A_TEXT,
        "workstation": "WS-07",
        "unit": "ICU-3",
        "opened_at": "2027-03-01T13:00:00Z",
        "state": "open",
        "is_covered": true,
        "is_this": false,
    });
    golden(&MySessions { sessions: vec![mine] }, json!({ "sessions": [mine_json] }));
    let ended = SessionEnded { session_id: A, cause: EndCause::UserElsewhere };
    golden(
        &SignedOutElsewhere { ended: vec![ended] },
        json!({ "ended": [{ "session_id": A_TEXT, "cause": "user-elsewhere" }] }),
    );
}

#[test]
fn every_logout_cause_is_spelled_as_published() {
    use EndCause::{
        AbsoluteLimit, Admin, ContactLost, CrashRecovered, CredentialChanged, Disabled, FailClosed,
        Inactivity, Moved, OfflineExpired, Policy, Shutdown, Suspend, TapOver, Update, UserButton,
        UserElsewhere, UserTap, WorkstationRevoked,
    };
    let causes = [
        (UserButton, "user-button"),
        (UserTap, "user-tap"),
        (Inactivity, "inactivity"),
        (AbsoluteLimit, "absolute-limit"),
        (TapOver, "tap-over"),
        (Moved, "moved"),
        (UserElsewhere, "user-elsewhere"),
        (Admin, "admin"),
        (Disabled, "disabled"),
        (CredentialChanged, "credential-changed"),
        (Policy, "policy"),
        (Suspend, "suspend"),
        (Shutdown, "shutdown"),
        (CrashRecovered, "crash-recovered"),
        (ContactLost, "contact-lost"),
        (WorkstationRevoked, "workstation-revoked"),
        (FailClosed, "fail-closed"),
        (Update, "update"),
        (OfflineExpired, "offline-expired"),
    ];
    for (cause, spelled) in causes {
        golden(&cause, json!(spelled));
    }
    assert!(serde_json::from_value::<EndCause>(json!("bored")).is_err());
}

#[test]
fn every_problem_code_is_spelled_as_published() {
    use ProblemCode::*;
    let codes = [
        (UseDpopNonce, "use_dpop_nonce"),
        (ProofInvalid, "proof.invalid"),
        (ProblemCode::WorkstationUnknown, "workstation.unknown"),
        (ProblemCode::WorkstationRevoked, "workstation.revoked"),
        (WorkstationCloned, "workstation.cloned"),
        (EnrolmentRefused, "enrolment.refused"),
        (SignInRefused, "sign_in.refused"),
        (SignInLockedOut, "sign_in.locked_out"),
        (UserDisabled, "user.disabled"),
        (SecondFactorRefused, "second_factor.refused"),
        (ChallengeOver, "challenge.over"),
        (BadgeUnknown, "badge.unknown"),
        (BadgeUnlisted, "badge.unlisted"),
        (BadgeWait, "badge.wait"),
        (BadgeRefused, "badge.refused"),
        (BadgeUnusable, "badge.unusable"),
        (BadgeOfAnother, "badge.of_another"),
        (BadgeTaken, "badge.taken"),
        (BadgeTooMany, "badge.too_many"),
        (BadgeEnrolmentRefused, "badge.enrolment_refused"),
        (SessionUnknown, "session.unknown"),
        (SessionLapsed, "session.lapsed"),
        (ProblemCode::SessionEnded, "session.ended"),
        (Conflict, "conflict"),
        (RequestMalformed, "request.malformed"),
        (RequestInvalid, "request.invalid"),
        (RequestTooLarge, "request.too_large"),
        (NotFound, "not_found"),
        (MethodNotAllowed, "method_not_allowed"),
        (MediaTypeUnsupported, "media_type.unsupported"),
        (AuditorRefused, "auditor.refused"),
        (ServerBusy, "server.busy"),
        (ServerUnavailable, "server.unavailable"),
        (ServerFault, "server.fault"),
    ];
    for (code, spelled) in codes {
        golden(&code, json!(spelled));
    }
}

#[test]
fn a_problem_leaves_out_what_it_does_not_know() {
    let problem = Problem {
        type_uri: text("urn:tapward:problem:session.ended"),
        title: text("The session has ended"),
        status: 410,
        code: ProblemCode::SessionEnded,
        detail: None,
        correlation_id: A,
        retry_after_ms: None,
        tries_left: None,
        cause: Some(EndCause::Admin),
    };
    golden(
        &problem,
        json!({
            "type": "urn:tapward:problem:session.ended",
            "title": "The session has ended",
            "status": 410,
            "code": "session.ended",
            "correlation_id": A_TEXT,
            "cause": "admin",
        }),
    );
}

#[test]
fn the_claims_of_a_proof() {
    let claims = ProofClaims {
        jti: text(A_TEXT),
        htm: text("POST"),
        htu: text("https://tapward.example/v1/sessions"),
        iat: 0,
        nonce: text("n"),
        ath: None,
        bsh: text("b"),
    };
    golden(
        &claims,
        json!({
            "jti": A_TEXT,
            "htm": "POST",
            "htu": "https://tapward.example/v1/sessions",
            "iat": 0,
            "nonce": "n",
            "bsh": "b",
        }),
    );
}

#[test]
fn a_newer_answer_is_read_by_an_older_reader() {
    let answer = json!({
        "session_id": A_TEXT,
        "state": "open",
        "inactivity_remaining_ms": 1,
        "absolute_remaining_ms": 2,
        "something_newer": true,
    });

    assert!(serde_json::from_value::<SessionStatus>(answer).is_ok());
}

#[test]
fn a_secret_does_not_show_when_its_message_is_printed() {
    let messages = [
        format!("{:?}", FirstFactor::Password { name: text("maria"), password: secret("canary") }),
        format!("{:?}", SecondFactor::Totp { code: secret("canary") }),
        format!("{:?}", SessionAdopted { session_id: A, credential: secret("canary"), limits: limits() }),
    ];
    for message in messages {
        assert!(!message.contains("canary"), "{message}");
    }
}

/// The message is written as this JSON, and read back from it as the same.
#[track_caller]
fn golden<T: Serialize + DeserializeOwned>(message: &T, expected: Value) {
    assert_eq!(serde_json::to_value(message).unwrap(), expected);
    let read: T = serde_json::from_value(expected.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), expected);
}

fn limits() -> Limits {
    Limits {
        inactivity_ms: 900_000,
        warning_ms: 60_000,
        absolute_remaining_ms: 43_200_000,
        heartbeat_ms: 60_000,
        conceal_after_ms: None,
        tap_out: TapOut::Cover,
    }
}

fn limits_json() -> Value {
    json!({
        "inactivity_ms": 900_000,
        "warning_ms": 60_000,
        "absolute_remaining_ms": 43_200_000,
        "heartbeat_ms": 60_000,
        "tap_out": "cover",
    })
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn secret(text: &str) -> WireSecret {
    WireSecret::new(text.to_owned())
}
