//! Programs that show a token: who they are, and how often they may ask.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use landside_node::node::Node;
use landside_node::tokens::Bearer;
use landside_proto::ids::UnixMillis;

use crate::attempts::Attempts;
use crate::fault::Fault;
use crate::server::Peer;

/// Over which time the requests of a token are counted.
pub const TOKEN_WINDOW: Duration = Duration::from_secs(60);

/// Most requests of one token in [`TOKEN_WINDOW`]: fifty a second, so that no program takes the node from people.
pub const TOKEN_REQUESTS_MAX: u32 = 3_000;

/// Longest text that is looked at as a token; a token has 52 characters.
const TOKEN_TEXT_MAX: usize = 128;

/// The present minute: when it began, and how often each token was shown.
struct Minute {
    began: UnixMillis,
    counts: HashMap<u64, u32>,
}

/// What requests of programs share.
pub(crate) struct Programs {
    attempts: Attempts,
    minute: Mutex<Minute>,
}

impl Default for Programs {
    fn default() -> Self {
        let minute = Minute { began: UnixMillis::from_millis(0), counts: HashMap::new() };
        Self { attempts: Attempts::default(), minute: Mutex::new(minute) }
    }
}

/// Whether a request shows a token, or something that was to be one. Then a cookie beside it counts for nothing.
pub(crate) fn shows_token(fields: &HeaderMap) -> bool {
    fields.contains_key(header::AUTHORIZATION)
}

impl Programs {
    /// Whose program asks.
    ///
    /// # Errors
    /// One and the same for every token that is not good; too many of them, or too many requests.
    pub(crate) fn who(&self, parts: &Parts, node: &Node, now: UnixMillis) -> Result<Bearer, Fault> {
        let text = token(&parts.headers).unwrap_or_default();
        let Ok(bearer) = node.bearer(text, now) else {
            // Nobody guesses 256 bits; who tries all the same is not to keep the node busy.
            if let Some(Peer(from)) = parts.extensions.get::<Peer>() {
                self.attempts.begin(text, *from, now).map_err(Fault::wait_with_token)?;
            }
            return Err(Fault::token());
        };
        self.count(bearer.token.id, now)?;
        Ok(bearer)
    }

    fn count(&self, token: u64, now: UnixMillis) -> Result<(), Fault> {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        let Minute { began, counts } = &mut *minute;
        // A clock that was set back begins anew as well. There are no more counts than good tokens.
        if began.plus(TOKEN_WINDOW) <= now || now < *began {
            *began = now;
            counts.clear();
        }
        let count = counts.entry(token).or_insert(0);
        *count = count.saturating_add(1);
        match *count <= TOKEN_REQUESTS_MAX {
            true => Ok(()),
            false => Err(Fault::rate(began.plus(TOKEN_WINDOW).since(now))),
        }
    }
}

/// The text behind `Bearer` (RFC 6750 § 2.1), where there is one such field alone.
fn token(fields: &HeaderMap) -> Option<&str> {
    let mut shown = fields.get_all(header::AUTHORIZATION).iter();
    let (Some(field), None) = (shown.next(), shown.next()) else { return None };
    let (scheme, text) = field.to_str().ok()?.split_once(' ')?;
    let is_one = scheme.eq_ignore_ascii_case("bearer") && text.len() <= TOKEN_TEXT_MAX;
    is_one.then(|| text.trim_start_matches(' '))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn at(seconds: u64) -> UnixMillis {
        UnixMillis::from_millis(1_000_000_000_000 + seconds * 1000)
    }

    #[test]
    fn a_token_asks_so_often_in_a_minute_and_no_other_token_waits_for_it() {
        let programs = Programs::default();
        for _ in 0..TOKEN_REQUESTS_MAX {
            programs.count(1, at(0)).unwrap();
        }
        assert!(programs.count(1, at(59)).is_err());
        assert!(programs.count(2, at(59)).is_ok());
        assert!(programs.count(1, at(60)).is_ok());
    }

    #[test]
    fn only_one_field_of_the_bearer_scheme_shows_a_token() {
        let fields = |values: &[&str]| {
            let mut fields = HeaderMap::new();
            for value in values {
                fields.append(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            }
            fields
        };
        assert_eq!(token(&fields(&["Bearer landside_x"])), Some("landside_x"));
        assert_eq!(token(&fields(&["bearer  landside_x"])), Some("landside_x"));
        let long = format!("Bearer {}", "x".repeat(TOKEN_TEXT_MAX + 1));
        for wrong in [
            &["Basic eDp5"][..],
            &["Bearer"],
            &["landside_x"],
            &[&long],
            &[],
            &["Bearer a", "Bearer a"],
        ] {
            assert_eq!(token(&fields(wrong)), None, "{wrong:?}");
        }
    }
}
