//! The way of a sign-in and a sign-out, what may go wrong on it, and any other history against a model of the shield.

use std::collections::VecDeque;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const SESSION: SessionId = SessionId(Uuid::from_u128(7));
const WINDOW: u32 = 42;

fn told_covered(seq: u64, input_held: bool) -> Input {
    Input::Told(ShieldMessage::Covered { seq, input_held })
}

fn told_uncovered(seq: u64) -> Input {
    Input::Told(ShieldMessage::Uncovered { seq })
}

const RELEASED: Input = Input::Told(ShieldMessage::InputReleased);
const RETURNED: Input = Input::Told(ShieldMessage::InputTaken);
const COVERED: Output = Output::Covered { input_held: true };

fn uncover(seq: u64) -> Output {
    Output::Say(AgentMessage::Uncover { session: *SESSION.0.as_bytes(), seq, lease_ms: LEASE_MS })
}

fn said(message: AgentMessage) -> Output {
    Output::Say(message)
}

/// Walks a history and compares what is done at each step.
fn check(hand_over: &mut HandOver, history: &[(Input, &[Output])]) {
    for (step, (input, outputs)) in history.iter().enumerate() {
        assert_eq!(hand_over.on(*input), *outputs, "step {step}: {input:?}");
    }
}

fn holding() -> HandOver {
    let (mut hand_over, outputs) = HandOver::begin(WINDOW);
    assert_eq!(outputs, [said(AgentMessage::Ready { window: WINDOW }), COVERED_BEAT]);
    check(
        &mut hand_over,
        &[
            (told_covered(0, true), &[COVERED, Output::Show]),
            (Input::Shown(true), &[said(AgentMessage::TakeInput)]),
            (RELEASED, &[Output::Take, TAKING_BEAT]),
            (Input::Taken(true), &[said(AgentMessage::Holding), COVERED_BEAT]),
        ],
    );
    hand_over
}

fn uncovered() -> HandOver {
    let mut hand_over = holding();
    check(
        &mut hand_over,
        &[
            (Input::UncoverAsked(SESSION), &[Output::GiveBack]),
            (Input::GivenBack, &[said(AgentMessage::GiveBack)]),
            (RETURNED, &[Output::Hide]),
            (Input::Hidden, &[uncover(1), UNCOVERED_BEAT]),
            (told_uncovered(1), &[Output::Uncovered(SESSION)]),
        ],
    );
    hand_over
}

#[test]
fn a_sign_in_and_a_sign_out() {
    check(
        &mut uncovered(),
        &[
            (Input::CoverAsked, &[said(AgentMessage::Cover { seq: 2 }), COVERED_BEAT]),
            (told_covered(2, true), &[COVERED, Output::Show]),
            (Input::Shown(true), &[said(AgentMessage::TakeInput)]),
            (RELEASED, &[Output::Take, TAKING_BEAT]),
            (Input::Taken(true), &[said(AgentMessage::Holding), COVERED_BEAT]),
        ],
    );
}

#[test]
fn covered_is_repeated_to_whoever_asks_again() {
    check(&mut holding(), &[(Input::CoverAsked, &[COVERED]), (Input::CoverAsked, &[COVERED])]);
}

#[test]
fn covered_is_not_claimed_before_the_shield_said_so() {
    let (mut hand_over, _) = HandOver::begin(WINDOW);

    check(&mut hand_over, &[(Input::CoverAsked, &[]), (told_covered(0, true), &[COVERED, Output::Show])]);
}

#[test]
fn another_programs_grab_is_told_and_waited_for() {
    check(
        &mut uncovered(),
        &[
            (Input::CoverAsked, &[said(AgentMessage::Cover { seq: 2 }), COVERED_BEAT]),
            (told_covered(2, false), &[Output::Covered { input_held: false }, Output::Show]),
            (Input::Shown(true), &[]),
            (told_covered(2, true), &[COVERED, said(AgentMessage::TakeInput)]),
            (RELEASED, &[Output::Take, TAKING_BEAT]),
            (Input::Taken(true), &[said(AgentMessage::Holding), COVERED_BEAT]),
        ],
    );
}

#[test]
fn a_lease_that_ended_is_told_unasked() {
    check(&mut uncovered(), &[(told_covered(1, true), &[COVERED_BEAT, COVERED, Output::Show])]);
}

#[test]
fn a_word_about_a_cover_that_is_over_covers_nothing() {
    let (mut hand_over, _) = HandOver::begin(WINDOW);
    check(
        &mut hand_over,
        &[
            (Input::UncoverAsked(SESSION), &[]),
            (told_covered(0, false), &[Output::Covered { input_held: false }, Output::Hide]),
            (Input::Hidden, &[uncover(1), UNCOVERED_BEAT]),
            (told_covered(0, true), &[]),
            (told_uncovered(1), &[Output::Uncovered(SESSION)]),
        ],
    );
}

#[test]
fn a_cover_asked_for_while_uncovering_wins() {
    let mut hand_over = holding();
    check(
        &mut hand_over,
        &[
            (Input::UncoverAsked(SESSION), &[Output::GiveBack]),
            (Input::CoverAsked, &[COVERED]),
            (Input::GivenBack, &[said(AgentMessage::GiveBack)]),
            (RETURNED, &[said(AgentMessage::TakeInput)]),
            (RELEASED, &[Output::Take, TAKING_BEAT]),
            (Input::Taken(true), &[said(AgentMessage::Holding), COVERED_BEAT]),
        ],
    );
}

#[test]
fn a_cover_asked_for_after_uncover_was_said_is_said_too() {
    let mut hand_over = holding();
    check(
        &mut hand_over,
        &[
            (Input::UncoverAsked(SESSION), &[Output::GiveBack]),
            (Input::GivenBack, &[said(AgentMessage::GiveBack)]),
            (RETURNED, &[Output::Hide]),
            (Input::Hidden, &[uncover(1), UNCOVERED_BEAT]),
            (Input::CoverAsked, &[said(AgentMessage::Cover { seq: 2 }), COVERED_BEAT]),
            (told_uncovered(1), &[]),
            (told_covered(2, true), &[COVERED, Output::Show]),
        ],
    );
}

#[test]
fn an_uncover_asked_for_while_the_input_is_on_its_way_comes_after_it() {
    let (mut hand_over, _) = HandOver::begin(WINDOW);
    check(
        &mut hand_over,
        &[
            (told_covered(0, true), &[COVERED, Output::Show]),
            (Input::Shown(true), &[said(AgentMessage::TakeInput)]),
            (Input::UncoverAsked(SESSION), &[]),
            (RELEASED, &[Output::GiveBack]),
            (Input::GivenBack, &[said(AgentMessage::GiveBack)]),
            (RETURNED, &[Output::Hide]),
            (Input::Hidden, &[uncover(1), UNCOVERED_BEAT]),
        ],
    );
}

#[test]
fn the_screen_of_one_session_is_not_passed_to_another() {
    let other = SessionId(Uuid::from_u128(8));

    check(&mut uncovered(), &[(Input::UncoverAsked(other), &[Output::Failed])]);
    check(&mut uncovered(), &[(Input::UncoverAsked(SESSION), &[Output::Uncovered(SESSION)])]);
}

#[test]
fn a_shield_that_is_gone_leaves_the_window_as_the_cover_and_says_so() {
    for mut hand_over in [holding(), uncovered()] {
        check(
            &mut hand_over,
            &[
                (Input::ShieldGone, &[Output::StopBeating, Output::Show, Output::Take, Output::Failed]),
                (Input::ShieldGone, &[]),
                (Input::BeatDue, &[]),
                (Input::UncoverAsked(SESSION), &[Output::Failed]),
                (Input::CoverAsked, &[Output::Show, Output::Take, Output::Failed]),
            ],
        );
    }
}

#[test]
fn input_that_somebody_else_took_is_asked_for_once_more() {
    check(
        &mut holding(),
        &[
            (Input::Lost, &[said(AgentMessage::TakeInput)]),
            (Input::Lost, &[]),
            (RELEASED, &[Output::Take, TAKING_BEAT]),
            (Input::Lost, &[]),
            (Input::Taken(true), &[said(AgentMessage::Holding), COVERED_BEAT]),
            (Input::Lost, &[said(AgentMessage::TakeInput)]),
            (Input::UncoverAsked(SESSION), &[]),
            // Or it would have it again some time, and nobody could take it back from it.
            (RELEASED, &[Output::GiveBack]),
            (Input::GivenBack, &[said(AgentMessage::GiveBack)]),
        ],
    );
}

#[test]
fn input_that_is_lost_on_an_uncovered_screen_is_nobodys_business() {
    check(&mut uncovered(), &[(Input::Lost, &[])]);
}

#[test]
fn a_window_that_cannot_come_up_is_told() {
    let (mut hand_over, _) = HandOver::begin(WINDOW);

    check(
        &mut hand_over,
        &[(told_covered(0, true), &[COVERED, Output::Show]), (Input::Shown(false), &[Output::Failed])],
    );
}

#[test]
fn a_beat_renews_the_lease_only_while_uncovered() {
    check(
        &mut uncovered(),
        &[
            (Input::BeatDue, &[said(AgentMessage::Beat { seq: 1, lease_ms: LEASE_MS })]),
            (Input::CoverAsked, &[said(AgentMessage::Cover { seq: 2 }), COVERED_BEAT]),
            (Input::BeatDue, &[said(AgentMessage::Beat { seq: 2, lease_ms: 0 })]),
        ],
    );
}

/// The shield as the contract describes it: it answers later, and a breach of the contract fails the test.
#[derive(Debug, Default)]
struct ShieldModel {
    is_uncovered: bool,
    agent_has_input: bool,
    seq: u64,
    heard: VecDeque<AgentMessage>,
    answers: VecDeque<ShieldMessage>,
}

impl ShieldModel {
    fn work(&mut self, input_held: bool) -> Result<(), TestCaseError> {
        let Some(message) = self.heard.pop_front() else { return Ok(()) };
        match message {
            AgentMessage::Ready { .. } => self.say_covered(input_held),
            AgentMessage::TakeInput => {
                prop_assert!(!self.is_uncovered, "TakeInput while uncovered");
                self.agent_has_input = true;
                self.answers.push_back(ShieldMessage::InputReleased);
            }
            AgentMessage::Holding => prop_assert!(!self.is_uncovered, "Holding while uncovered"),
            AgentMessage::GiveBack => {
                prop_assert!(!self.is_uncovered, "GiveBack while uncovered");
                self.agent_has_input = false;
                self.answers.push_back(ShieldMessage::InputTaken);
            }
            AgentMessage::Uncover { session, seq, lease_ms } => {
                prop_assert!(seq > self.seq && lease_ms == LEASE_MS && session != [0; 16]);
                prop_assert!(!self.is_uncovered && !self.agent_has_input, "Uncover out of turn");
                self.seq = seq;
                self.is_uncovered = true;
                self.answers.push_back(ShieldMessage::Uncovered { seq });
            }
            AgentMessage::Cover { seq } => {
                prop_assert!(seq > self.seq);
                self.seq = seq;
                self.is_uncovered = false;
                self.say_covered(input_held);
            }
            AgentMessage::Beat { seq, .. } => prop_assert!(seq <= self.seq, "a beat of the future"),
            AgentMessage::Reader { .. } => prop_assert!(false, "the readers say that, not the screen"),
        }
        Ok(())
    }

    /// As at the end of a lease.
    fn cover_by_itself(&mut self, input_held: bool) {
        if self.is_uncovered {
            self.is_uncovered = false;
            self.say_covered(input_held);
        }
    }

    fn say_covered(&mut self, input_held: bool) {
        self.answers.push_back(ShieldMessage::Covered { seq: self.seq, input_held });
        if !input_held {
            self.answers.push_back(ShieldMessage::Covered { seq: self.seq, input_held: true });
        }
    }
}

/// The window: it works off what it was asked, in that order, whenever it gets to it.
#[derive(Debug, Default)]
struct WindowModel {
    asked: VecDeque<Output>,
    is_taking: bool,
    /// It had the input, and tries to have it again.
    is_trying: bool,
    has_input: bool,
    is_shown: bool,
}

impl WindowModel {
    /// It tries by itself to have it again, and says nothing more unless it is asked to take it.
    fn lose(&mut self) -> Vec<Input> {
        let is_lost = std::mem::take(&mut self.has_input);
        self.is_trying |= is_lost;
        is_lost.then_some(Input::Lost).into_iter().collect()
    }

    fn work(&mut self) -> Vec<Input> {
        match self.asked.pop_front() {
            Some(Output::Show) => {
                self.is_shown = true;
                vec![Input::Shown(true)]
            }
            Some(Output::Take) => {
                self.is_taking = true;
                vec![]
            }
            Some(Output::GiveBack) => {
                let was_taking = std::mem::take(&mut self.is_taking);
                (self.has_input, self.is_trying) = (false, false);
                was_taking.then_some(Input::Taken(false)).into_iter().chain([Input::GivenBack]).collect()
            }
            Some(Output::Hide) => {
                self.is_shown = false;
                vec![Input::Hidden]
            }
            Some(_) => vec![],
            None if std::mem::take(&mut self.is_taking) => {
                (self.has_input, self.is_trying) = (true, false);
                vec![Input::Taken(true)]
            }
            None if std::mem::take(&mut self.is_trying) => {
                self.has_input = true;
                vec![]
            }
            None => vec![],
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Turn {
    Cover,
    Uncover,
    ShieldWorks { input_held: bool },
    ShieldCovers { input_held: bool },
    ShieldIsHeard,
    WindowWorks,
    SomebodyTakes,
    Beat,
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        1 => Just(Turn::Cover),
        2 => Just(Turn::Uncover),
        8 => prop::bool::weighted(0.8).prop_map(|input_held| Turn::ShieldWorks { input_held }),
        1 => any::<bool>().prop_map(|input_held| Turn::ShieldCovers { input_held }),
        8 => Just(Turn::ShieldIsHeard),
        8 => Just(Turn::WindowWorks),
        1 => Just(Turn::SomebodyTakes),
        2 => Just(Turn::Beat),
    ]
}

/// Everybody's last word.
#[derive(Debug, Default)]
struct World {
    shield: ShieldModel,
    window: WindowModel,
    told: Option<Output>,
}

impl World {
    fn perform(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Say(message) => self.shield.heard.push_back(message),
                Output::Show | Output::Take | Output::GiveBack | Output::Hide => {
                    self.window.asked.push_back(output);
                }
                Output::Covered { .. } | Output::Uncovered(_) | Output::Failed => self.told = Some(output),
                Output::BeatEvery(_) | Output::StopBeating => {}
            }
        }
    }

    fn take(&mut self, turn: Turn) -> Result<Vec<Input>, TestCaseError> {
        Ok(match turn {
            Turn::Cover => vec![Input::CoverAsked],
            Turn::Uncover => vec![Input::UncoverAsked(SESSION)],
            Turn::ShieldWorks { input_held } => {
                self.shield.work(input_held)?;
                vec![]
            }
            Turn::ShieldCovers { input_held } => {
                self.shield.cover_by_itself(input_held);
                vec![]
            }
            Turn::ShieldIsHeard => self.shield.answers.pop_front().map(Input::Told).into_iter().collect(),
            Turn::WindowWorks => self.window.work(),
            Turn::SomebodyTakes => self.window.lose(),
            Turn::Beat => vec![Input::BeatDue],
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// In whatever order shield, window and event loop come to their turns: the contract is kept, the window shows and
    /// takes nothing on an uncovered screen, and once everybody has had their turns the last wish is fulfilled.
    #[test]
    fn any_order_of_turns_keeps_the_contract_and_ends_as_wished(
        turns in prop::collection::vec(turn(), 0..200), ends_covered: bool
    ) {
        let mut world = World::default();
        let (mut hand_over, outputs) = HandOver::begin(WINDOW);
        world.perform(outputs);
        let last_wish = if ends_covered { Turn::Cover } else { Turn::Uncover };
        let rounds = [Turn::ShieldWorks { input_held: true }, Turn::ShieldIsHeard, Turn::WindowWorks];
        let settle = || rounds.into_iter().cycle().take(300);
        // An uncover is wished for once it is known that the screen is covered, as the core does.
        let end = settle().chain([Turn::Cover]).chain(settle()).chain([last_wish]).chain(settle());

        for turn in turns.into_iter().chain(end) {
            for input in world.take(turn)? {
                let outputs = hand_over.on(input);
                world.perform(outputs);
            }
            if world.shield.is_uncovered {
                prop_assert!(!world.window.has_input, "the window has the input of an uncovered screen");
            }
        }

        prop_assert_eq!(world.shield.is_uncovered, !ends_covered);
        if ends_covered {
            prop_assert_eq!(world.told, Some(COVERED));
            prop_assert!(world.window.is_shown && world.window.has_input && world.shield.agent_has_input);
        } else {
            prop_assert_eq!(world.told, Some(Output::Uncovered(SESSION)));
            prop_assert!(!world.window.is_shown && !world.window.has_input);
        }
    }
}
