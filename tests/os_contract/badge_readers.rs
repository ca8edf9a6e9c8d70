//! Badge readers on a real pcscd with virtual readers.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use agent_core::{
    badge::{BadgeFault, BadgeGrade, ReaderFact, ReaderFault, ReaderId},
    event::Event,
    taps::{Readers, Tap, Taps},
    time_limits::AWAY_MIN,
};
use agent_runtime::{
    clock::SystemClock,
    ports::{BadgeReaders, Clock as _},
};
use harness::{
    badge_reader::{Card, CardService, LyingCard, READER_POLL, Reply, SOCKET_VARIABLE},
    reader_lines,
};
use rustix::process::{Pid, Signal, kill_process};
use testkit::contract::{
    self, Told,
    badge_readers::{Breakable, Reader},
};

use crate::driven::Driven;

const WITHIN: Duration = Duration::from_secs(5);
const NUMBERS: [&str; 2] = ["uid:04a1b2c3d4e580", "uid:a4000cff"];

#[tokio::test(flavor = "multi_thread")]
async fn badges_on_two_readers_are_told_once_and_each_has_one_mark_at_both() {
    let mut ward = Ward::new();
    let ids = ward.watches(2).await;

    for (index, id) in ids.iter().enumerate() {
        let reader = &mut ward.reader(index);
        contract::badge_readers::tells_a_badge_once(&mut ward.readers, reader, *id, NUMBERS).await.unwrap();
    }
    let (mut first, mut second) = (ward.reader(0), ward.reader(1));
    first.present(NUMBERS[0]);
    let here = ward.readers.presented().await;
    second.present(NUMBERS[0]);
    let there = ward.readers.presented().await;
    assert_eq!(here, there, "the same badge");
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_that_cannot_be_used_are_told_with_their_reason() {
    let mut ward = Ward::new();
    let id = ward.watches(2).await[0];
    let reader = &mut ward.reader(0);
    let answers = |bytes: &[u8]| Card::that_always(Reply::Answer(bytes.to_vec()));

    for (fault, card) in [
        (BadgeFault::RandomNumber, Card::with_uid("08112233")),
        (BadgeFault::Unreadable, Card::with_uid("0411223344")),
        (BadgeFault::Unreadable, Card::with_uid("00000000")),
        (BadgeFault::Unreadable, answers(&[0x63, 0x00])),
        (BadgeFault::Unreadable, answers(&[0x6a, 0x81])),
        (BadgeFault::Unreadable, answers(&[0x90, 0x00])),
        (BadgeFault::Unreadable, answers(&[4; 255])),
        (BadgeFault::Unreadable, Card::that_always(Reply::TornAway)),
    ] {
        contract::badge_readers::tells_what_cannot_be_used(&mut ward.readers, reader, id, fault, |reader| {
            reader.put(card);
        })
        .await
        .unwrap_or_else(|broken| panic!("{fault:?}: {broken:#}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_never_answers_is_told_in_time_and_its_reader_reads_again_after_it() {
    let mut ward = Ward::new();
    let ids = ward.watches(2).await;
    let (mut reader, mut other) = (ward.reader(0), ward.reader(1));

    reader.put(Card::that_always(Reply::Silence));
    let fault = BadgeFault::Unreadable;
    ward.readers.tell(&ReaderFact::NotRead { reader: ids[0], fault }).await;
    ward.readers.tell(&ReaderFact::Faulty { reader: ids[0], fault: ReaderFault::Mute }).await;
    other.present(NUMBERS[1]);
    assert_eq!(ward.readers.presented().await.0, NUMBERS[1], "the other reader reads meanwhile");

    reader.take_away();
    // The reader answers and is empty; which of the two comes first is nobody's promise.
    let told = contract::until_quiet(&mut ward.readers, Duration::from_secs(2)).await;
    for fact in [ReaderFact::Ready { reader: ids[0] }, ReaderFact::Removed { reader: ids[0] }] {
        assert_eq!(
            told.iter().filter(|event| **event == Event::ReaderTold(fact.clone())).count(),
            1,
            "{told:?}"
        );
    }
    reader.present(NUMBERS[0]);
    assert_eq!(ward.readers.presented().await.0, NUMBERS[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_heal_when_the_service_is_killed_and_comes_back() {
    let mut ward = Ward::new();
    let id = ward.watches(2).await[0];
    let reader = &mut ServiceKilled(ward.reader(0));

    contract::badge_readers::heals(&mut ward.readers, reader, id, NUMBERS[0]).await.unwrap();
    contract::badge_readers::a_badge_that_lies_there_through_a_fault_is_told_once(
        &mut ward.readers,
        reader,
        id,
        NUMBERS[1],
    )
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_pulled_out_is_told_and_reads_when_it_is_plugged_in() {
    let mut ward = Ward::new();
    let id = ward.watches(2).await[0];
    let reader = &mut PulledOut(ward.reader(0));

    contract::badge_readers::heals(&mut ward.readers, reader, id, NUMBERS[0]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_was_never_there_before_gets_a_number_of_its_own() {
    let mut ward = Ward::new();
    let ids = ward.watches(2).await;

    {
        let mut service = ward.service.lock().unwrap();
        service.plug_in_another().unwrap();
        service.kill().unwrap();
        service.start_again().unwrap();
    }

    let mut ready = Vec::new();
    while ready.len() < 4 {
        ready.push(
            contract::wait_for(&mut ward.readers, WITHIN, "Ready", |event| match event {
                Event::ReaderTold(ReaderFact::Ready { reader }) => Some(*reader),
                _ => None,
            })
            .await
            .unwrap(),
        );
    }
    ready.sort();
    assert_eq!(ready, [ids[0], ids[1], ReaderId(3), ReaderId(4)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_that_lies_there_at_the_start_is_a_tap_once_it_was_lifted() {
    let mut ward = Ward::new();
    let mut taps = Taps::default();
    let mut reader = ward.reader(0);
    reader.present(NUMBERS[0]);
    contract::until_quiet(&mut ward.readers, 2 * READER_POLL).await;

    ward.readers.watch();
    assert_eq!(ward.taps(&mut taps).await, 0, "it lay there");
    assert_eq!(taps.readers(), Readers::Ready);
    reader.take_away();
    assert_eq!(ward.taps(&mut taps).await, 0);
    reader.present(NUMBERS[0]);

    assert_eq!(ward.taps(&mut taps).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_laid_down_while_the_service_is_away_is_a_tap_once_it_was_lifted() {
    let mut ward = Ward::new();
    let mut taps = Taps::default();
    ward.readers.watch();
    ward.taps(&mut taps).await;
    let mut reader = ServiceKilled(ward.reader(0));
    reader.breaks();
    ward.taps(&mut taps).await;
    assert_eq!(taps.readers(), Readers::Faulty);

    // So that the service has seen the card before we see the service.
    ward.readers.signal(Signal::STOP);
    reader.0.put_while_away(Card::with_uid(&NUMBERS[0][4..]));
    reader.heals();
    contract::until_quiet(&mut ward.readers, 3 * READER_POLL).await;
    ward.readers.signal(Signal::CONT);
    assert_eq!(ward.taps(&mut taps).await, 0, "it lay there");
    assert_eq!(taps.readers(), Readers::Ready);
    reader.take_away();
    assert_eq!(ward.taps(&mut taps).await, 0);
    reader.present(NUMBERS[0]);

    assert_eq!(ward.taps(&mut taps).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_answers_a_challenge_proves_itself_and_a_forged_one_is_none() {
    let mut ward = Ward::new();
    let id = ward.watches(2).await[0];
    let mut reader = ward.reader(0);
    let card = |is_forged| {
        Card::running(move |command| {
            let asked = command == reader_lines::CHALLENGE;
            Reply::Answer(if asked { reader_lines::proof([1, 2, 3, 4], is_forged) } else { vec![0x6d, 0] })
        })
    };

    reader.put(card(false));
    let told = ward.readers.next(WITHIN).await;
    let Some(Event::ReaderTold(ReaderFact::Presented { badge, .. })) = told else { panic!("{told:?}") };
    assert_eq!(badge.grade, BadgeGrade::Cryptographic);
    assert_eq!(badge.number.expose(), "challenge:01020304");
    reader.take_away();
    ward.readers.tell(&ReaderFact::Removed { reader: id }).await;

    reader.put(card(true));
    ward.readers.tell(&ReaderFact::NotRead { reader: id, fault: BadgeFault::Unreadable }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nothing_happens_no_thread_wakes_up() {
    let mut ward = Ward::new();
    ward.watches(2).await;
    let mut reader = ward.reader(0);
    reader.present(NUMBERS[0]);
    ward.readers.presented().await;
    contract::until_quiet(&mut ward.readers, Duration::from_secs(2)).await;

    let before = ward.readers.wakes();
    contract::until_quiet(&mut ward.readers, Duration::from_secs(3)).await;

    assert_eq!(ward.readers.wakes(), before, "wakes of pcsc-watch and pcsc-desk");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_reader_must_be_there_its_absence_is_told_and_without_that_nothing_is() {
    let ward = Ward::new();
    ward.service.lock().unwrap().kill().unwrap();
    let mut required = ward.adapter(&[("TAPWARD_READERS_PCSC", "required")]);
    let mut present = ward.adapter(&[]);
    let mut off = ward.adapter(&[("TAPWARD_READERS_PCSC", "off")]);
    for readers in [&required, &present, &off] {
        readers.watch();
    }

    required.tell(&ReaderFact::Faulty { reader: ReaderId(1), fault: ReaderFault::Unavailable }).await;
    assert_eq!(contract::until_quiet(&mut present, Duration::from_secs(1)).await, []);

    ward.service.lock().unwrap().start_again().unwrap();
    required.tell(&ReaderFact::Ready { reader: ReaderId(1) }).await;
    required.tell(&ReaderFact::Ready { reader: ReaderId(2) }).await;
    let bound = Duration::from_secs(60);
    let ready = |event: &Event| matches!(event, Event::ReaderTold(ReaderFact::Ready { .. })).then_some(());
    contract::wait_for(&mut present, bound, "Ready, though nobody awaited it", ready).await.unwrap();
    ward.reader(0).present(NUMBERS[0]);
    assert_eq!(contract::until_quiet(&mut off, Duration::from_secs(1)).await, []);
}

/// A smart card service and an adapter that uses it.
pub(crate) struct Ward {
    pub(crate) readers: DrivenReaders,
    pub(crate) service: Arc<Mutex<CardService>>,
    folder: tempfile::TempDir,
}

impl Ward {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("tw").tempdir().unwrap();
        let service = CardService::start(folder.path()).unwrap();
        let readers = DrivenReaders::of(&service, &[], &folder);
        Self { readers, service: Arc::new(Mutex::new(service)), folder }
    }

    /// Another adapter, set up by `environment`.
    fn adapter(&self, environment: &[(&str, &str)]) -> DrivenReaders {
        DrivenReaders::of(&self.service.lock().unwrap(), environment, &self.folder)
    }

    /// Begins, with `count` readers; their numbers.
    pub(crate) async fn watches(&mut self, count: usize) -> Vec<ReaderId> {
        let readers = self.readers.clone();
        contract::badge_readers::tells_each_reader(&readers, &mut self.readers, count).await.unwrap()
    }

    /// What is told until nothing is told any more, longer than a badge must be away to count again: how many taps.
    async fn taps(&mut self, taps: &mut Taps) -> usize {
        let told = contract::until_quiet(&mut self.readers, AWAY_MIN + 2 * READER_POLL).await;
        let now = SystemClock::new().now();
        let mut count = 0;
        for event in told {
            let Event::ReaderTold(fact) = event else { panic!("{event:?}") };
            count += usize::from(matches!(taps.take(fact, now), Some(Tap::Badge(_))));
        }
        count
    }

    /// The reader at this place.
    pub(crate) fn reader(&self, index: usize) -> VirtualReader {
        VirtualReader { service: Arc::clone(&self.service), index: u16::try_from(index).unwrap(), card: None }
    }
}

/// An adapter in a process of its own.
#[derive(Clone)]
pub(crate) struct DrivenReaders(Arc<Mutex<Driven>>);

impl DrivenReaders {
    fn of(service: &CardService, environment: &[(&str, &str)], folder: &tempfile::TempDir) -> Self {
        let socket = service.socket();
        let mut all = vec![(SOCKET_VARIABLE, socket.to_str().unwrap())];
        all.extend(environment);
        Self::set_up_by(&all, folder)
    }

    /// Readers as `environment` says.
    pub(crate) fn set_up_by(environment: &[(&str, &str)], folder: &tempfile::TempDir) -> Self {
        Self(Arc::new(Mutex::new(Driven::with_readers(environment, folder.path()))))
    }

    /// Waits for exactly this fact, whatever else is told before it.
    pub(crate) async fn tell(&mut self, fact: &ReaderFact) {
        let wanted = Event::ReaderTold(fact.clone());
        contract::wait_for(self, WITHIN, &format!("{fact:?}"), |event| (*event == wanted).then_some(()))
            .await
            .unwrap();
    }

    /// Waits for a badge; its number and its mark.
    pub(crate) async fn presented(&mut self) -> (String, agent_core::badge::BadgeMark) {
        contract::wait_for(self, WITHIN, "a badge", |event| match event {
            Event::ReaderTold(ReaderFact::Presented { badge, .. }) => {
                Some((badge.number.expose().to_owned(), badge.mark))
            }
            _ => None,
        })
        .await
        .unwrap()
    }

    /// Its threads of this name.
    pub(crate) fn threads(&self, name: &str) -> usize {
        self.0.lock().unwrap().threads(name)
    }

    /// To its process.
    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.0.lock().unwrap().pid().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// How often its reader threads gave up the processor to wait.
    fn wakes(&self) -> Vec<(String, String)> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.0.lock().unwrap().pid())).unwrap();
        let mut wakes: Vec<_> = tasks
            .filter_map(|task| {
                let task = task.unwrap().path();
                let name = std::fs::read_to_string(task.join("comm")).ok()?.trim().to_owned();
                let status = std::fs::read_to_string(task.join("status")).ok()?;
                let waits = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches"))?;
                name.starts_with("pcsc-").then(|| (name, waits.to_owned()))
            })
            .collect();
        wakes.sort();
        assert_eq!(wakes.len(), 2, "{wakes:?}");
        wakes
    }
}

impl BadgeReaders for DrivenReaders {
    fn watch(&self) {
        self.0.lock().unwrap().tell("watch");
    }
}

impl Told for DrivenReaders {
    async fn next(&mut self, within: Duration) -> Option<Event> {
        let line = tokio::task::block_in_place(|| self.0.lock().unwrap().next_within(within))?;
        Some(reader_lines::from_line(&line).unwrap_or_else(|| panic!("`{line}`")))
    }
}

/// A virtual reader, and a hand that is never quicker than pcscd looks.
pub(crate) struct VirtualReader {
    service: Arc<Mutex<CardService>>,
    index: u16,
    card: Option<LyingCard>,
}

impl VirtualReader {
    pub(crate) fn put(&mut self, card: Card) {
        self.take_away();
        self.card = Some(self.service.lock().unwrap().put(self.index, card).unwrap());
    }

    fn put_while_away(&mut self, card: Card) {
        self.card = Some(self.service.lock().unwrap().put_while_away(self.index, card));
    }
}

impl Reader for VirtualReader {
    fn present(&mut self, number: &str) {
        self.put(Card::with_uid(number.strip_prefix("uid:").unwrap()));
    }

    fn take_away(&mut self) {
        if self.card.take().is_some() {
            // A card put there at once would be the same one to the reader.
            tokio::task::block_in_place(|| std::thread::park_timeout(2 * READER_POLL));
        }
    }
}

/// The service behind it can be killed.
pub(crate) struct ServiceKilled(pub(crate) VirtualReader);

impl Reader for ServiceKilled {
    fn present(&mut self, number: &str) {
        self.0.present(number);
    }

    fn take_away(&mut self) {
        self.0.take_away();
    }
}

impl Breakable for ServiceKilled {
    const FAULT: ReaderFault = ReaderFault::Unavailable;

    fn breaks(&mut self) {
        self.0.service.lock().unwrap().kill().unwrap();
    }

    fn heals(&mut self) {
        self.0.service.lock().unwrap().start_again().unwrap();
    }
}

/// Its cable can be pulled; the service learns of it when it starts again.
struct PulledOut(VirtualReader);

impl Reader for PulledOut {
    fn present(&mut self, number: &str) {
        self.0.present(number);
    }

    fn take_away(&mut self) {
        self.0.take_away();
    }
}

impl Breakable for PulledOut {
    const FAULT: ReaderFault = ReaderFault::Unplugged;

    fn breaks(&mut self) {
        let mut service = self.0.service.lock().unwrap();
        service.pull_out().unwrap();
        service.kill().unwrap();
        service.start_again().unwrap();
    }

    fn heals(&mut self) {
        let mut service = self.0.service.lock().unwrap();
        service.plug_in().unwrap();
        service.kill().unwrap();
        service.start_again().unwrap();
    }
}
