//! What the notifications say. One place, keyed by notice; English. The screen says the same in its own words.

use std::time::Duration;

use agent_core::command::Notice;

/// One notification's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Texts {
    pub(super) summary: String,
    pub(super) body: String,
}

pub(super) fn of(notice: Notice) -> Texts {
    match notice {
        Notice::InactivityWarning { remaining } => Texts {
            summary: format!("You will be signed out in {}", spoken(remaining)),
            body: "Nothing was typed or touched for a while. Press any key to stay signed in.".into(),
        },
        Notice::AbsoluteLimitWarning { remaining } => Texts {
            summary: format!("You will be signed out in {}", spoken(remaining)),
            body: "This sign-in has reached its time limit, which cannot be extended. Save your work.".into(),
        },
    }
}

fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 60, seconds % 60) {
        (0, 1) => "1 second".into(),
        (0, seconds) => format!("{seconds} seconds"),
        (1, 0) => "1 minute".into(),
        (minutes, 0) => format!("{minutes} minutes"),
        (minutes, seconds) => format!("{minutes}:{seconds:02} minutes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_said_the_way_people_say_it() {
        let say = |seconds| spoken(Duration::from_secs(seconds));

        assert_eq!(say(1), "1 second");
        assert_eq!(say(45), "45 seconds");
        assert_eq!(say(60), "1 minute");
        assert_eq!(say(90), "1:30 minutes");
        assert_eq!(say(300), "5 minutes");
    }

    #[test]
    fn the_warning_says_what_to_do_and_the_limit_says_that_nothing_can_be_done() {
        let warning = of(Notice::InactivityWarning { remaining: Duration::from_secs(60) });
        let limit = of(Notice::AbsoluteLimitWarning { remaining: Duration::from_secs(300) });

        assert!(warning.body.contains("any key"));
        assert!(limit.body.contains("cannot be extended"));
    }
}
