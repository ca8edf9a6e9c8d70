//! What a nurse wants besides signing in and out: to report a lost badge, to see her other sessions, to renew.

use agent_core::{event::ContactFault, ids::SessionId, my_sessions::SessionElsewhere};
use agent_runtime::{
    intent::{Intent, Typed},
    view::{BadgeLine, ConcealedNotice, MySessionsView, ResumeTap, ScreenView, SignedOutNotice},
};
use testkit::{
    bedside::Bedside,
    fake::{Person, Reach},
};
use uuid::Uuid;

use crate::told::{HOUR, MINUTE, SECOND, is_active, signed_out};

const HERS: &str = "uid:04a1b2c3d4e580";
const THERE: SessionId = SessionId(Uuid::from_u128(0xE15E));

#[test]
fn a_lost_badge_opens_nothing_once_its_holder_has_proved_herself() {
    let mut bedside = with_a_reader();

    reports_loss(&mut bedside, "correct horse");
    assert!(
        matches!(bedside.shows(), ScreenView::SecondFactor { is_loss: true, .. }),
        "{:?}",
        bedside.shows()
    );
    bedside.types_code("123456");

    assert_eq!(bedside.shows(), signed_out(SignedOutNotice::BadgesRevoked { count: 1 }));
    assert_eq!(bedside.session_server.sessions_not_over(), [], "nobody is signed in by it");
    bedside.taps(HERS);
    assert_eq!(bedside.shows(), signed_out(SignedOutNotice::Badge { line: BadgeLine::Refused }));
}

#[test]
fn a_loss_reported_with_a_wrong_password_revokes_nothing() {
    let mut bedside = with_a_reader();

    reports_loss(&mut bedside, "wrong");

    assert_eq!(bedside.shows(), signed_out(SignedOutNotice::Refused));
    bedside.taps(HERS);
    assert!(is_active(&bedside), "{:?}", bedside.shows());
}

#[test]
fn a_loss_can_be_reported_at_a_colleagues_covered_screen_which_stays_his() {
    let mut bedside = with_a_reader();
    let john = Person::john();
    bedside.taps(&john.badges[0]);
    let his = bedside.session();
    bedside.does(Intent::Conceal);

    reports_loss(&mut bedside, "correct horse");
    bedside.types_code("123456");

    let ScreenView::Concealed { display_name, notice, .. } = bedside.shows() else {
        panic!("{:?}", bedside.shows())
    };
    assert_eq!(display_name, "John B.");
    let revoked = SignedOutNotice::BadgesRevoked { count: 1 };
    assert_eq!(notice, Some(ConcealedNotice::Refused { notice: revoked }));
    assert_eq!(bedside.session_server.sessions_not_over(), [his]);
    bedside.pass(6 * SECOND);
    bedside.taps(&john.badges[0]);
    assert!(is_active(&bedside), "and his tap is his: {:?}", bedside.shows());
}

#[test]
fn my_sessions_are_looked_at_ended_and_closed_while_she_goes_on_working() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.session_server.is_signed_in_elsewhere(vec![elsewhere()]);

    bedside.does(Intent::MySessions);
    let Some(MySessionsView::Told { elsewhere, is_ending: false }) = my_sessions(&bedside) else {
        panic!("{:?}", bedside.shows())
    };
    assert_eq!(elsewhere[0].workstation, "WS-08");
    bedside.does(Intent::EndElsewhere { session: THERE.0 });
    let nowhere = MySessionsView::Told { elsewhere: Vec::new(), is_ending: false };
    assert_eq!(my_sessions(&bedside), Some(nowhere));
    bedside.does(Intent::CloseMySessions);

    assert_eq!(my_sessions(&bedside), None);
    assert!(!bedside.screen.is_covered());
}

#[test]
fn what_is_not_on_her_list_is_never_ended() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.session_server.is_signed_in_elsewhere(vec![elsewhere()]);

    bedside.does(Intent::EndElsewhere { session: THERE.0 });
    bedside.does(Intent::MySessions);
    bedside.does(Intent::EndElsewhere { session: Uuid::from_u128(1) });

    assert!(!bedside.session_server.asked().contains(&"end_elsewhere"));
}

#[test]
fn without_the_server_my_sessions_say_so() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.session_server.is(Reach::Away(ContactFault::Unreachable));

    bedside.does(Intent::MySessions);
    bedside.pass(8 * SECOND);

    assert_eq!(my_sessions(&bedside), Some(MySessionsView::Unanswered));
}

#[test]
fn half_an_hour_before_a_tap_is_not_enough_she_may_renew_and_works_on() {
    let mut bedside = with_a_reader();
    bedside.maria_signs_in();
    assert!(!offers_renewal(&bedside));
    for _ in 0..46 {
        bedside.pass(10 * MINUTE);
        bedside.types();
    }
    assert!(offers_renewal(&bedside), "{:?}", bedside.shows());

    bedside.does(Intent::Renew);
    assert!(bedside.screen.is_covered());
    let ScreenView::Concealed { is_renewing: true, tap: ResumeTap::Resumes, .. } = bedside.shows() else {
        panic!("{:?}", bedside.shows())
    };
    bedside.does(Intent::Password { password: Typed::new("correct horse".to_owned()) });
    bedside.types_code("123456");

    assert!(is_active(&bedside), "{:?}", bedside.shows());
    assert!(!offers_renewal(&bedside), "it begins anew");
}

#[test]
fn whoever_would_rather_not_renew_finds_her_screen_as_she_left_it() {
    let mut bedside = with_a_reader();
    bedside.maria_signs_in();

    bedside.does(Intent::Renew);
    bedside.does(Intent::Cancel);
    assert!(matches!(bedside.shows(), ScreenView::Concealed { is_renewing: false, .. }));
    bedside.pass(6 * SECOND);
    bedside.taps(HERS);

    assert!(is_active(&bedside), "{:?}", bedside.shows());
}

#[test]
fn a_tap_resumes_only_as_long_as_it_is_enough_and_the_screen_says_so() {
    let mut bedside = with_a_reader();
    bedside.maria_signs_in();
    bedside.does(Intent::Conceal);
    assert_eq!(tap(&bedside), Some(ResumeTap::Resumes));

    bedside.session_server.grace_is_over(true);
    bedside.pass(2 * MINUTE);

    assert_eq!(tap(&bedside), Some(ResumeTap::AsksMore), "the next report has told it");
}

fn with_a_reader() -> Bedside {
    let mut bedside = Bedside::switched_off();
    let _ = bedside.readers.plug_in();
    bedside.switch_on();
    bedside
}

fn reports_loss(bedside: &mut Bedside, password: &str) {
    bedside.does(Intent::LostBadge {
        name: Typed::new("maria".to_owned()),
        password: Typed::new(password.to_owned()),
    });
}

fn elsewhere() -> SessionElsewhere {
    SessionElsewhere {
        session: THERE,
        workstation: "WS-08".to_owned(),
        unit: "ICU-3".to_owned(),
        opened_ago: HOUR,
        is_covered: true,
    }
}

fn my_sessions(bedside: &Bedside) -> Option<MySessionsView> {
    let ScreenView::Active { my_sessions, .. } = bedside.shows() else { return None };
    my_sessions
}

fn offers_renewal(bedside: &Bedside) -> bool {
    matches!(bedside.shows(), ScreenView::Active { offers_renewal: true, .. })
}

fn tap(bedside: &Bedside) -> Option<ResumeTap> {
    let ScreenView::Concealed { tap, .. } = bedside.shows() else { return None };
    Some(tap)
}
