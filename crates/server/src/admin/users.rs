//! `user add | list | disable | enable | totp | pin | reset`.

use protocol::{
    secret::WireSecret,
    v1::{problem::ProblemCode, session::EndCause},
};
use uuid::Uuid;

use super::{
    message::{Answer, UserLine},
    perform::{LINES_MAX, check_text, missing},
};
use crate::{
    app::App,
    ending::{self, Ended},
    error::ApiError,
    identity::{lockout::Factor, name::UserName, password, sealing, totp},
    routes::body::invalid,
    store::{
        Connection, StoreError, challenges, failures, graces,
        sessions::Of,
        transact,
        users::{self, User, totp_place},
    },
    trail::{self, About},
};

/// Six digits are the least that NIST SP 800-63B-4 takes where failures are counted.
const PIN_DIGITS_RANGE: std::ops::RangeInclusive<usize> = 6..=32;

/// What is known of somebody new.
pub(super) struct NewUser {
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) role: Option<String>,
    pub(super) password: Option<WireSecret>,
}

pub(super) async fn add(app: &App, new: NewUser) -> Result<Answer, ApiError> {
    let name = parse(&new.name)?;
    check_text("A display name", &new.display_name)?;
    if let Some(role) = &new.role {
        check_text("A role", role)?;
    }
    let chosen = Chosen::take(new.password)?;
    let user_id = Uuid::new_v4();
    let secret = totp::generate();
    let user = User {
        id: user_id,
        name: name.as_str().to_owned(),
        display_name: new.display_name,
        role: new.role,
        password_hash: app.passwords.hash(&chosen.password).await?,
        password_number: 0,
        pin_hash: None,
        totp_sealed: seal(app, user_id, &secret)?,
        made_at: app.clock.now(),
        disabled_at: None,
    };
    transact!(app.store, |write| {
        if !users::insert(write, &user).await? {
            return Err(ApiError::new(ProblemCode::Conflict).detail("Somebody has this name already."));
        }
        let about = About::default().user(Some(&user));
        trail::administration(write, about, "user.add", user.made_at).await?;
        Ok::<_, ApiError>(())
    })?;
    Ok(Answer::Authenticators {
        user_id,
        otpauth_url: Some(url(app, &secret, &name)?),
        name: user.name,
        password: chosen.into_told(),
        sessions_ended: 0,
    })
}

pub(super) async fn list(app: &App) -> Result<Answer, ApiError> {
    let mut read = app.store.read().await?;
    let mut lines = Vec::new();
    for user in users::list(&mut read, LINES_MAX).await? {
        let name = UserName::parse(&user.name).ok_or(StoreError::Corrupt("user name"))?;
        let subject = name.subject(&app.keys.index);
        let first = failures::counts(&mut read, subject, Uuid::nil(), Factor::First).await?;
        let pin = failures::counts(&mut read, subject, Uuid::nil(), Factor::Pin).await?;
        let second = failures::counts(&mut read, subject, Uuid::nil(), Factor::Second).await?;
        lines.push(UserLine {
            user_id: user.id,
            name: user.name,
            display_name: user.display_name,
            role: user.role,
            is_disabled: user.disabled_at.is_some(),
            is_password_suspended: first.is_suspended(Factor::First),
            is_totp_suspended: second.is_suspended(Factor::Second),
            is_pin_suspended: pin.is_suspended(Factor::Pin),
        });
    }
    Ok(Answer::Users { users: lines })
}

pub(super) async fn disable(app: &App, name: &str, is_disabled: bool) -> Result<Answer, ApiError> {
    let now = app.clock.now();
    let (is_changed, ended) = transact!(app.store, |write| {
        let (_, user) = find(write, name).await?;
        let is_changed = users::set_disabled(write, user.id, is_disabled.then_some(now)).await?;
        let mut ended = Vec::new();
        if is_disabled {
            // Challenges under way stay: whoever answers one is told only once all factors were right.
            ended = ending::end_all(write, Of::User(user.id), EndCause::Disabled, now).await?;
            graces::end(write, user.id).await?;
        }
        if is_changed {
            let action = if is_disabled { "user.disable" } else { "user.enable" };
            trail::administration(write, About::default().user(Some(&user)), action, now).await?;
        }
        Ok::<_, ApiError>((is_changed, ended))
    })?;
    Ok(Answer::Done { is_changed, sessions_ended: tell(app, ended) })
}

pub(super) async fn totp(app: &App, name: &str) -> Result<Answer, ApiError> {
    let secret = totp::generate();
    let now = app.clock.now();
    let (name, user, ended) = transact!(app.store, |write| {
        let (name, user) = find(write, name).await?;
        users::set_totp(write, user.id, &seal(app, user.id, &secret)?).await?;
        failures::clear(write, name.subject(&app.keys.index), Some(Factor::Second)).await?;
        let ended = changed(write, &user, "user.totp", now).await?;
        Ok::<_, ApiError>((name, user, ended))
    })?;
    Ok(Answer::Authenticators {
        user_id: user.id,
        otpauth_url: Some(url(app, &secret, &name)?),
        name: user.name,
        password: None,
        sessions_ended: tell(app, ended),
    })
}

pub(super) async fn reset(app: &App, name: &str, password: Option<WireSecret>) -> Result<Answer, ApiError> {
    let chosen = Chosen::take(password)?;
    let password_hash = app.passwords.hash(&chosen.password).await?;
    let now = app.clock.now();
    let (user, ended) = transact!(app.store, |write| {
        let (name, user) = find(write, name).await?;
        users::set_password(write, user.id, &password_hash).await?;
        failures::clear(write, name.subject(&app.keys.index), None).await?;
        let ended = changed(write, &user, "user.reset", now).await?;
        Ok::<_, ApiError>((user, ended))
    })?;
    Ok(Answer::Authenticators {
        user_id: user.id,
        name: user.name,
        password: chosen.into_told(),
        otpauth_url: None,
        sessions_ended: tell(app, ended),
    })
}

/// Sets the PIN that goes with her badge. It opens nothing alone, so no session ends with it.
pub(super) async fn pin(app: &App, name: &str, pin: &WireSecret) -> Result<Answer, ApiError> {
    let text = pin.expose();
    let is_usable = PIN_DIGITS_RANGE.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_usable {
        return Err(invalid("A PIN has 6 to 32 digits."));
    }
    let is_one_digit = text.bytes().all(|byte| text.as_bytes().first() == Some(&byte));
    let is_a_row = |step: u8| text.as_bytes().windows(2).all(|pair| pair[0].wrapping_add(step) == pair[1]);
    if is_one_digit || is_a_row(1) || is_a_row(u8::MAX) {
        return Err(invalid("A PIN is neither one digit repeated nor a row like 123456."));
    }
    let pin_hash = app.passwords.hash(pin).await?;
    let now = app.clock.now();
    transact!(app.store, |write| {
        let (name, user) = find(write, name).await?;
        users::set_pin(write, user.id, &pin_hash).await?;
        failures::clear(write, name.subject(&app.keys.index), Some(Factor::Pin)).await?;
        challenges::end_all_of(write, user.id).await?;
        trail::administration(write, About::default().user(Some(&user)), "user.pin", now).await?;
        Ok::<_, ApiError>(())
    })?;
    Ok(Answer::Done { is_changed: true, sessions_ended: 0 })
}

/// A person's authenticators changed: what they opened is over, and it is on record.
async fn changed(
    connection: &mut Connection,
    user: &User,
    action: &str,
    now: jiff::Timestamp,
) -> Result<Vec<Ended>, StoreError> {
    challenges::end_all_of(connection, user.id).await?;
    graces::end(connection, user.id).await?;
    let ended = ending::end_all(connection, Of::User(user.id), EndCause::CredentialChanged, now).await?;
    trail::administration(connection, About::default().user(Some(user)), action, now).await?;
    Ok(ended)
}

pub(super) async fn find(connection: &mut Connection, name: &str) -> Result<(UserName, User), ApiError> {
    let name = parse(name)?;
    let user = users::find_by_name(connection, &name).await?;
    let user = user.ok_or_else(|| missing("Nobody has this name. `user list` shows all."))?;
    Ok((name, user))
}

fn parse(name: &str) -> Result<UserName, ApiError> {
    UserName::parse(name).ok_or_else(|| invalid("A name has 1 to 256 bytes, no control characters."))
}

/// A password that was given, or made here.
struct Chosen {
    password: WireSecret,
    is_made_here: bool,
}

impl Chosen {
    fn take(given: Option<WireSecret>) -> Result<Self, ApiError> {
        let Some(password) = given else {
            return Ok(Self { password: password::generate(), is_made_here: true });
        };
        match password::refusal_of_new(&password) {
            Some(refusal) => Err(invalid(refusal)),
            None => Ok(Self { password, is_made_here: false }),
        }
    }

    fn into_told(self) -> Option<WireSecret> {
        self.is_made_here.then_some(self.password)
    }
}

fn seal(app: &App, user_id: Uuid, secret: &[u8]) -> Result<Vec<u8>, ApiError> {
    sealing::seal(&app.keys.field, totp_place(user_id), secret)
        .map_err(|_| ApiError::new(ProblemCode::ServerFault))
}

fn url(app: &App, secret: &[u8], name: &UserName) -> Result<WireSecret, ApiError> {
    totp::url(secret, name, &app.config.organisation).map_err(|_| ApiError::new(ProblemCode::ServerFault))
}

fn tell(app: &App, ended: Vec<Ended>) -> usize {
    let count = ended.len();
    ended.into_iter().for_each(|ended| ended.tell(app));
    count
}
