//! Nobody learns by the clock whether a name exists.

use std::time::Instant;

use harness::server::TestServer;
use uuid::Uuid;

const TRIES: usize = 300;

/// Two-sided, at one in a thousand: a difference that can be told apart is far beyond it.
const Z_MAX: f64 = 3.29;

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "what is compared is real time")]
async fn an_unknown_name_takes_as_long_as_a_wrong_password() {
    let server = TestServer::start().await;
    let workstation = server.enrol().await;
    for number in 0..TRIES {
        server.add_person(&format!("known-{number}")).await;
    }
    // The first requests pay for caches and connections.
    for number in 0..20 {
        workstation.first_factor(Uuid::new_v4(), &format!("warm-{number}"), "wrong password").await;
    }
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..TRIES {
        // Side by side, in turns, so that whatever else the machine does falls on both.
        let mut pair = [(format!("known-{number}"), &mut known), (format!("guess-{number}"), &mut unknown)];
        if number % 2 == 1 {
            pair.reverse();
        }
        for (name, times) in pair {
            let begun = Instant::now();
            let answer = workstation.first_factor(Uuid::new_v4(), &name, "wrong password").await;
            times.push(begun.elapsed().as_nanos());
            answer.assert_refused(401, "sign_in.refused");
        }
    }

    let z = mann_whitney_z(&known, &unknown);
    assert!(z.abs() < Z_MAX, "z = {z:.2}: the times can be told apart");
}

#[test]
fn the_rank_test_sees_a_difference_of_a_tenth() {
    let base: Vec<u128> = (0..300).map(|n| 1_000_000 + (n * 7_919 % 300) * 2_000).collect();
    let slower: Vec<u128> = base.iter().map(|time| time * 11 / 10).collect();

    assert!(mann_whitney_z(&base, &base).abs() < 0.1);
    assert!(mann_whitney_z(&base, &slower).abs() > Z_MAX);
}

/// The normal approximation of Mann and Whitney's U, with average ranks for ties.
#[expect(clippy::cast_precision_loss, reason = "counts of a few hundred")]
fn mann_whitney_z(a: &[u128], b: &[u128]) -> f64 {
    let mut all: Vec<(u128, bool)> =
        a.iter().map(|time| (*time, true)).chain(b.iter().map(|time| (*time, false))).collect();
    all.sort_unstable();
    let mut rank_sum = 0.0;
    let mut begin = 0;
    while begin < all.len() {
        let tied = all[begin..].iter().take_while(|(time, _)| *time == all[begin].0).count();
        let rank = begin as f64 + (tied as f64 + 1.0) / 2.0;
        rank_sum += rank * all[begin..begin + tied].iter().filter(|(_, is_a)| *is_a).count() as f64;
        begin += tied;
    }
    let (n, m) = (a.len() as f64, b.len() as f64);
    let u = rank_sum - n * (n + 1.0) / 2.0;
    (u - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}
