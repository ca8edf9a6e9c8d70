//! `badge enrol | revoke | list | find`. No answer shows a number.

use protocol::{
    secret::WireSecret,
    v1::{badge::BadgeGrade, problem::ProblemCode},
};
use uuid::Uuid;

use super::{
    message::{Answer, BadgeLine, BadgeMark},
    perform::missing,
    users::find,
};
use crate::{
    app::App,
    badges::{self, Bound, Wish},
    error::ApiError,
    identity::badge::BadgeNumber,
    routes::body::invalid,
    store::{
        Connection, StoreError,
        badges::{self as rows, Badge, EnrolledBy},
        transact, users, workstations,
    },
    trail::{self, About},
};

/// Badges that one answer lists.
const PAGE_LINES: i64 = 1_000;

pub(super) async fn enrol(
    app: &App,
    name: &str,
    number: &WireSecret,
    grade: BadgeGrade,
) -> Result<Answer, ApiError> {
    let number = typed(number)?;
    let now = app.clock.now();
    let (bound, badge, was_hers) = transact!(app.store, |write| {
        let (_, user) = find(write, name).await?;
        let number = number.index(&app.keys.index);
        let before = rows::find(write, number).await?;
        let was_hers = before.filter(|badge| badge.user_id == user.id && badge.revoked_at.is_none());
        let wish = Wish { user_id: user.id, number, grade, by: EnrolledBy::Administrator };
        let bound = badges::bind(write, wish, now).await?;
        if bound == Bound::Anew {
            trail::administration(write, About::default().user(Some(&user)), "badge.enrol", now).await?;
        }
        let badge = rows::find(write, number).await?;
        Ok::<_, ApiError>((bound, badge, was_hers))
    })?;
    if let Some(words) = refusal(bound) {
        return Err(ApiError::new(ProblemCode::Conflict).detail(words));
    }
    let badge = badge.ok_or(StoreError::Corrupt("badge that was enrolled"))?;
    Ok(Answer::BadgeEnrolled {
        badge_id: badge.id,
        grade: badge.grade,
        is_changed: bound == Bound::Anew,
        is_grade_changed: was_hers.is_some_and(|before| before.grade != badge.grade),
    })
}

/// Whose badge this is.
pub(super) async fn find_whose(app: &App, number: &WireSecret) -> Result<Answer, ApiError> {
    let number = typed(number)?.index(&app.keys.index);
    let mut read = app.store.read().await?;
    let badge = rows::find(&mut read, number).await?;
    let badge = badge.ok_or_else(|| {
        ApiError::new(ProblemCode::BadgeUnknown)
            .detail("Nobody has this badge. `tapward-server badge enrol` gives it to somebody.")
    })?;
    let user = users::find(&mut read, badge.user_id).await?;
    let user = user.ok_or(StoreError::Corrupt("holder of a badge"))?;
    Ok(Answer::Badge { badge: line_of(&mut read, &badge, user.name).await? })
}

fn typed(number: &WireSecret) -> Result<BadgeNumber, ApiError> {
    BadgeNumber::typed(number.expose()).map_err(|unusable| invalid(&unusable.to_string()))
}

/// Why a badge was not bound, in words for the administrator.
pub(super) const fn refusal(bound: Bound) -> Option<&'static str> {
    match bound {
        Bound::Anew | Bound::Before | Bound::KeptCryptographic => None,
        Bound::Taken => Some(
            "This badge is another person's: `tapward-server badge find` says whose. Revoke it there first.",
        ),
        Bound::TooMany => Some("This person has 3 badges, as many as one may have. Revoke one first."),
        Bound::Revoked => Some(
            "This badge was revoked, and no list gives it back. Enrol it again with `tapward-server badge enrol`.",
        ),
    }
}

pub(super) async fn revoke(
    app: &App,
    badge_id: Option<Uuid>,
    name: Option<&str>,
) -> Result<Answer, ApiError> {
    let now = app.clock.now();
    let is_changed = transact!(app.store, |write| {
        let revoked: Vec<Badge> = match (badge_id, name) {
            (Some(id), None) => {
                let badge = rows::find_by_id(write, id).await?;
                vec![badge.ok_or_else(|| missing("There is no such badge. `badge list` shows all."))?]
            }
            (None, Some(name)) => {
                let (_, user) = find(write, name).await?;
                rows::live_of(write, user.id).await?
            }
            (Some(_), Some(_)) | (None, None) => {
                return Err(invalid("Name one badge, or one person whose badges are all meant."));
            }
        };
        let mut is_changed = false;
        for badge in revoked {
            if badges::revoke(write, &badge, now).await? {
                let user = users::find(write, badge.user_id).await?;
                let about = About::default().user(user.as_ref());
                trail::administration(write, about, "badge.revoke", now).await?;
                is_changed = true;
            }
        }
        Ok::<_, ApiError>(is_changed)
    })?;
    Ok(Answer::Done { is_changed, sessions_ended: 0 })
}

/// One page of the list, and where the next begins.
pub(super) async fn list(app: &App, of: Option<&str>, after: Option<BadgeMark>) -> Result<Answer, ApiError> {
    let mut read = app.store.read().await?;
    let of = match of {
        Some(name) => Some(find(&mut read, name).await?.1.id),
        None => None,
    };
    let after = after.map(|mark| (mark.user_name, mark.enrolled_at, mark.badge_id));
    let mut lines = Vec::new();
    // One more than fits tells whether there is a next page.
    for (badge, user_name) in rows::list(&mut read, of, after.as_ref(), PAGE_LINES + 1).await? {
        lines.push(line_of(&mut read, &badge, user_name).await?);
    }
    let page = usize::try_from(PAGE_LINES).unwrap_or(usize::MAX);
    let has_next = lines.len() > page;
    lines.truncate(page);
    let next = lines.last().filter(|_| has_next).map(|line| BadgeMark {
        user_name: line.user_name.clone(),
        enrolled_at: line.enrolled_at,
        badge_id: line.badge_id,
    });
    Ok(Answer::Badges { badges: lines, next })
}

async fn line_of(read: &mut Connection, badge: &Badge, user_name: String) -> Result<BadgeLine, StoreError> {
    let seen_at = match badge.seen {
        Some(seen) => workstations::find(read, seen.workstation_id)
            .await?
            .ok_or(StoreError::Corrupt("workstation of a badge"))
            .map(|place| Some(place.name))?,
        None => None,
    };
    Ok(BadgeLine {
        badge_id: badge.id,
        user_name,
        grade: badge.grade,
        enrolled_at: badge.enrolled_at,
        is_revoked: badge.revoked_at.is_some(),
        last_seen_at: badge.seen.map(|seen| seen.at),
        last_seen_workstation: seen_at,
    })
}
