//! As whom apps run, and who never is that.

use launch_contract::Account as Kind;

use crate::passwd;

/// Below this the numbers are the system's own accounts.
const PEOPLE_FROM: u32 = 1_000;
/// What unrelated services share.
const NOBODY: u32 = 65_534;
/// A system account is taken for the apps' only when its name begins so: everything of the account is killed and
/// removed, which must not be a service's.
const OUR_PREFIX: &str = "tapward-";

/// The account of the apps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Whether it is another than the agent's.
    pub(crate) kind: Kind,
    /// Its name; its number where the system has no name for it.
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Supplementary groups; never the agent's, never root's.
    pub(crate) groups: Vec<u32>,
}

/// Why an account cannot be the apps'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("there is no such account")]
    Missing,
    #[error("it is root's, or in root's group")]
    Root,
    #[error(
        "it is the agent's, whose keychain apps could then read; a machine with one account uses --inherited"
    )]
    Agents,
    #[error("it is nobody's, which services share")]
    Nobody,
    #[error(
        "it is a system account that is not called tapward-…, and everything of it would be killed and removed"
    )]
    Systems,
    #[error("its groups cannot be read")]
    Groups,
}

impl Account {
    pub(crate) fn is_separate(&self) -> bool {
        self.kind == Kind::Separate
    }

    /// The account called `user` (or numbered so, where a container knows no names), for the apps of `agent`.
    pub(crate) fn separate(user: &str, agent: &passwd::Entry) -> Result<Self, Unfit> {
        let (entry, is_named) = match passwd::by_name(user) {
            Some(entry) => (entry, true),
            None => (by_number(user).ok_or(Unfit::Missing)?, false),
        };
        judge(&entry, is_named, agent)?;
        let groups =
            if is_named { passwd::groups(&entry.name, entry.gid).ok_or(Unfit::Groups)? } else { vec![] };
        let groups = without(&groups, agent.gid);
        Ok(Self { kind: Kind::Separate, name: entry.name, uid: entry.uid, gid: entry.gid, groups })
    }

    /// Our own, for a machine on which agent and apps share one.
    pub(crate) fn shared() -> Result<Self, Unfit> {
        let (uid, gid) = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
        if uid == 0 {
            return Err(Unfit::Root);
        }
        let name = passwd::by_uid(uid).map_or_else(|| uid.to_string(), |entry| entry.name);
        Ok(Self { kind: Kind::Shared, name, uid, gid, groups: Vec::new() })
    }
}

/// Who may speak to us: the account called `user`, or numbered so.
pub(crate) fn agent(user: &str) -> Option<passwd::Entry> {
    passwd::by_name(user).or_else(|| by_number(user))
}

fn by_number(user: &str) -> Option<passwd::Entry> {
    let uid: u32 = user.parse().ok()?;
    Some(passwd::by_uid(uid).unwrap_or(passwd::Entry { name: user.to_owned(), uid, gid: uid }))
}

/// The groups that apps may be in: never root's, never the agent's, whose socket and files are its group's.
fn without(groups: &[u32], agent_gid: u32) -> Vec<u32> {
    groups.iter().copied().filter(|group| *group != 0 && *group != agent_gid).collect()
}

fn judge(entry: &passwd::Entry, is_named: bool, agent: &passwd::Entry) -> Result<(), Unfit> {
    if entry.uid == 0 || entry.gid == 0 {
        return Err(Unfit::Root);
    }
    if entry.uid == agent.uid || entry.gid == agent.gid {
        return Err(Unfit::Agents);
    }
    if entry.uid == NOBODY || entry.uid == u32::MAX {
        return Err(Unfit::Nobody);
    }
    if entry.uid < PEOPLE_FROM && !(is_named && entry.name.starts_with(OUR_PREFIX)) {
        return Err(Unfit::Systems);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, uid: u32, gid: u32) -> passwd::Entry {
        passwd::Entry { name: name.to_owned(), uid, gid }
    }

    #[test]
    fn nobody_who_has_more_than_apps_is_taken_for_the_apps_account() {
        let agent = entry("tapward", 980, 980);
        for (candidate, is_named, why) in [
            (entry("root", 0, 0), true, Unfit::Root),
            (entry("toor", 0, 1_000), true, Unfit::Root),
            (entry("tapward-session", 1_000, 0), true, Unfit::Root),
            (entry("tapward", 980, 980), true, Unfit::Agents),
            (entry("tapward-session", 981, 980), true, Unfit::Agents),
            (entry("nobody", 65_534, 65_534), true, Unfit::Nobody),
            (entry("messagebus", 100, 102), true, Unfit::Systems),
            (entry("tapward-session", 981, 981), false, Unfit::Systems),
            (entry("x", u32::MAX, 5), true, Unfit::Nobody),
        ] {
            assert_eq!(judge(&candidate, is_named, &agent), Err(why), "{candidate:?}");
        }
    }

    #[test]
    fn an_account_of_its_own_is_the_apps() {
        let agent = entry("tapward", 980, 980);
        for (candidate, is_named) in [
            (entry("tapward-session", 981, 981), true),
            (entry("ward", 1_001, 1_001), true),
            (entry("61000", 61_000, 61_000), false),
        ] {
            assert_eq!(judge(&candidate, is_named, &agent), Ok(()), "{candidate:?}");
        }
    }

    #[test]
    fn apps_are_in_neither_the_agents_group_nor_roots() {
        assert_eq!(without(&[981, 0, 980, 7], 980), [981, 7]);
    }

    #[test]
    fn an_account_that_does_not_exist_is_said_to_be_missing() {
        let agent = entry("tapward", 980, 980);

        assert_eq!(Account::separate("no-such-account-here", &agent), Err(Unfit::Missing));
    }

    #[test]
    fn root_is_refused_by_name_and_by_number() {
        let agent = entry("tapward", 980, 980);

        assert_eq!(Account::separate("root", &agent), Err(Unfit::Root));
        assert_eq!(Account::separate("0", &agent), Err(Unfit::Root));
    }
}
