//! [`BadgeReaders`].

use std::time::Duration;

use agent_core::{
    badge::{Badge, BadgeFault, BadgeMark, ReaderFact, ReaderFault, ReaderId},
    event::Event,
};
use agent_runtime::ports::BadgeReaders;
use anyhow::ensure;

use super::{Told, promise, until_quiet, wait_for};

const WITHIN: Duration = Duration::from_secs(5);
/// Longer than a reader takes to see what lies on it.
const QUIET: Duration = Duration::from_millis(1_200);

/// A reader in a person's hands.
pub trait Reader {
    /// Puts the badge of this number on it, or lets it type it.
    fn present(&mut self, number: &str);

    /// Takes away what lies on it.
    fn take_away(&mut self);
}

/// A reader that can be broken.
pub trait Breakable: Reader {
    /// Its cable is pulled, its service ends, or whatever makes it tell [`Breakable::FAULT`].
    fn breaks(&mut self);

    /// That is mended.
    fn heals(&mut self);

    /// What it tells.
    const FAULT: ReaderFault;
}

/// Each reader that is there is told as ready, once, under a number of its own, however often that is asked for.
/// Before: `count` readers, and nothing on them.
///
/// # Errors
/// The broken promise.
pub async fn tells_each_reader(
    readers: &impl BadgeReaders,
    told: &mut impl Told,
    count: usize,
) -> anyhow::Result<Vec<ReaderId>> {
    readers.watch();
    readers.watch();
    let mut ready = Vec::new();
    while ready.len() < count {
        ready.push(promise(is_ready(told).await, "each reader is told as ready")?);
    }
    nothing_more(told, "a reader is told as ready once").await?;
    ensure!(
        (1..ready.len()).all(|index| !ready[..index].contains(&ready[index])),
        "numbers differ: {ready:?}"
    );
    Ok(ready)
}

/// A badge is told once with its number while it lies there, then that it is gone; the same again has the same mark,
/// another one another. Before: `id` is the reader, ready and empty.
///
/// # Errors
/// The broken promise.
pub async fn tells_a_badge_once(
    told: &mut impl Told,
    reader: &mut impl Reader,
    id: ReaderId,
    numbers: [&str; 2],
) -> anyhow::Result<()> {
    let mut marks = Vec::new();
    for number in [numbers[0], numbers[1], numbers[0]] {
        reader.present(number);
        let badge = presented(told, id).await?;
        ensure!(badge.number.expose() == number, "another number than the badge's is told");
        marks.push(badge.mark);
        nothing_more(told, "a badge is told once however long it lies there").await?;
        reader.take_away();
        promise(removed(told, id).await, "that a badge is gone is told")?;
    }
    nothing_more(told, "an empty reader tells nothing").await?;
    ensure!(marks[0] == marks[2], "the same badge has another mark");
    ensure!(marks[0] != marks[1], "two badges have one mark");
    Ok(())
}

/// A reader that cannot tell that its badge is gone tells so at once, each time. Before: as for [`tells_a_badge_once`].
///
/// # Errors
/// The broken promise.
pub async fn tells_a_badge_and_that_it_is_gone(
    told: &mut impl Told,
    reader: &mut impl Reader,
    id: ReaderId,
    number: &str,
) -> anyhow::Result<()> {
    for _ in 0..2 {
        reader.present(number);
        let badge = presented(told, id).await?;
        ensure!(badge.number.expose() == number, "another number than the badge's is told");
        promise(removed(told, id).await, "that the badge is gone is told at once")?;
        nothing_more(told, "a badge is told once").await?;
    }
    Ok(())
}

/// What cannot be used is told once with its reason, then that it is gone, and the next badge is read. `put` presents
/// it. Before: as for [`tells_a_badge_once`].
///
/// # Errors
/// The broken promise.
pub async fn tells_what_cannot_be_used<R: Reader>(
    told: &mut impl Told,
    reader: &mut R,
    id: ReaderId,
    fault: BadgeFault,
    put: impl FnOnce(&mut R),
) -> anyhow::Result<()> {
    put(reader);
    let not_read = wait_for(told, WITHIN, "NotRead", |event| match event {
        Event::ReaderTold(ReaderFact::NotRead { reader, fault }) if *reader == id => Some(*fault),
        _ => None,
    });
    let why = promise(not_read.await, "what cannot be used is told within 5 s")?;
    ensure!(why == fault, "told was {why:?}, not {fault:?}");
    reader.take_away();
    promise(removed(told, id).await, "that it is gone is told")?;
    nothing_more(told, "it is told once").await?;

    reader.present(AFTERWARDS);
    promise(presented(told, id).await, "the next badge is read")?;
    reader.take_away();
    removed(told, id).await
}

/// A reader that fails is told within 5 s with its fault, heals by itself, is told as ready and reads. Before: as for
/// [`tells_a_badge_once`].
///
/// # Errors
/// The broken promise.
pub async fn heals<R: Breakable>(
    told: &mut impl Told,
    reader: &mut R,
    id: ReaderId,
    number: &str,
) -> anyhow::Result<()> {
    for _ in 0..2 {
        reader.breaks();
        // The service may go and come back without it; then that is told before.
        let fact = ReaderFact::Faulty { reader: id, fault: R::FAULT };
        let what = format!("{fact:?}");
        let event = Event::ReaderTold(fact);
        let faulty = wait_for(told, WITHIN, &what, |told| (*told == event).then_some(()));
        promise(faulty.await, "a reader that fails is told within 5 s")?;
        until_quiet(told, QUIET).await;

        reader.heals();
        ready_again(told, id).await?;
        reader.present(number);
        promise(presented(told, id).await, "a reader that has healed reads")?;
        reader.take_away();
        removed(told, id).await?;
    }
    Ok(())
}

/// A badge that lies there while its reader fails and heals is not told again. Before: as for [`tells_a_badge_once`].
///
/// # Errors
/// The broken promise.
pub async fn a_badge_that_lies_there_through_a_fault_is_told_once(
    told: &mut impl Told,
    reader: &mut impl Breakable,
    id: ReaderId,
    number: &str,
) -> anyhow::Result<BadgeMark> {
    reader.present(number);
    let badge = presented(told, id).await?;
    reader.breaks();
    reader.heals();
    ready_again(told, id).await?;
    let told_again = until_quiet(told, QUIET).await;
    let is_badge = |event: &Event| {
        matches!(
            event,
            Event::ReaderTold(
                ReaderFact::Presented { reader, .. }
                    | ReaderFact::NotRead { reader, .. }
                    | ReaderFact::Removed { reader }
            ) if *reader == id
        )
    };
    ensure!(!told_again.iter().any(is_badge), "a badge that lay there is told again: {told_again:?}");
    reader.take_away();
    promise(removed(told, id).await, "that it is gone is told after all")?;
    Ok(badge.mark)
}

/// A badge that no test presents otherwise, for readers of both kinds of number.
pub const AFTERWARDS: &str = "uid:04fedcba987654";

async fn is_ready(told: &mut impl Told) -> anyhow::Result<ReaderId> {
    wait_for(told, WITHIN, "Ready", |event| match event {
        Event::ReaderTold(ReaderFact::Ready { reader }) => Some(*reader),
        _ => None,
    })
    .await
}

async fn ready_again(told: &mut impl Told, id: ReaderId) -> anyhow::Result<()> {
    let ready = wait_for(told, WITHIN, "Ready", |event| {
        (*event == Event::ReaderTold(ReaderFact::Ready { reader: id })).then_some(())
    });
    promise(ready.await, "a reader that has healed is told as ready")
}

async fn presented(told: &mut impl Told, id: ReaderId) -> anyhow::Result<Badge> {
    wait_for(told, WITHIN, "Presented", |event| match event {
        Event::ReaderTold(ReaderFact::Presented { reader, badge }) if *reader == id => Some(badge.clone()),
        _ => None,
    })
    .await
}

async fn removed(told: &mut impl Told, id: ReaderId) -> anyhow::Result<()> {
    wait_for(told, WITHIN, "Removed", |event| {
        (*event == Event::ReaderTold(ReaderFact::Removed { reader: id })).then_some(())
    })
    .await
}

async fn nothing_more(told: &mut impl Told, promise: &str) -> anyhow::Result<()> {
    let more = until_quiet(told, QUIET).await;
    ensure!(more.is_empty(), "{promise}; told was {more:?}");
    Ok(())
}
