//! The effect of the items of a fault, and their contradictions.

use std::time::Duration;

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::fault::syntax::{FaultError, Items};
use crate::fault::{Effect, Fault};
use crate::text::duration;

pub(crate) const NAMES: &str =
    "status, latency, retry-after, header, body, content-type, reset, close, truncate, times, after-acting";

/// The items of a fault, parsed.
#[derive(Default)]
pub(crate) struct ParsedItems {
    status: Option<StatusCode>,
    body: Option<String>,
    content_type: Option<String>,
    breaks: Option<(&'static str, Effect)>,
    headers: HeaderMap,
    latency: Option<Duration>,
    times: Option<u64>,
    acts: bool,
}

impl ParsedItems {
    pub fn of(items: Items) -> Result<ParsedItems, FaultError> {
        let mut spoken = ParsedItems::default();
        for (name, value) in items {
            spoken.item(&name, value).map_err(FaultError)?;
        }
        Ok(spoken)
    }

    fn item(&mut self, name: &str, value: Option<String>) -> Result<(), String> {
        let flag = |set: bool| {
            if set {
                Ok(())
            } else {
                Err(format!("{name} takes no value"))
            }
        };
        let alone = value.is_none();
        let text = || value.clone().ok_or_else(|| format!("{name} needs a value: {name}=..."));
        match name {
            "status" => {
                let text = text()?;
                let status = text.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
                let status = status.filter(|status| (200..=599).contains(&status.as_u16()));
                let status = status.ok_or_else(|| format!("`{text}` is not a status of a response; use 200 to 599"))?;
                once(name, &mut self.status, status)
            }
            "latency" => once(name, &mut self.latency, duration::parse(&text()?)?),
            "times" => {
                let text = text()?;
                let times = text.parse().ok().filter(|times| *times > 0);
                once(
                    name,
                    &mut self.times,
                    times.ok_or_else(|| format!("times must be a number from 1, not `{text}`"))?,
                )
            }
            "retry-after" => self.header("retry-after", &text()?),
            "header" => {
                let text = text()?;
                let (header, value) = text
                    .split_once(':')
                    .ok_or_else(|| format!("`{text}` is not a header; write header=\"Name: value\""))?;
                self.header(header.trim(), value.trim())
            }
            "body" => once(name, &mut self.body, text()?),
            "content-type" => once(name, &mut self.content_type, text()?),
            "reset" => flag(alone).and_then(|()| self.break_off("reset", Effect::Reset)),
            "close" => flag(alone).and_then(|()| self.break_off("close", Effect::Close)),
            "truncate" => flag(alone).and_then(|()| self.break_off("truncate", Effect::Truncate)),
            "after-acting" => {
                self.acts = true;
                flag(alone)
            }
            "" => Err(format!("an item between commas is empty; the items are {NAMES}")),
            other => Err(format!("`{other}` is not an item of a fault; the items are {NAMES}")),
        }
    }

    fn header(&mut self, name: &str, value: &str) -> Result<(), String> {
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return Err("transfer-encoding is not for a fault to choose".to_owned());
        }
        if name.eq_ignore_ascii_case("content-length") && value.parse::<u64>().is_err() {
            return Err(format!("`{value}` is not a length"));
        }
        match (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => {
                self.headers.append(name, value);
                Ok(())
            }
            _ => Err(format!("`{name}: {value}` is not a valid HTTP header")),
        }
    }

    fn break_off(&mut self, name: &'static str, effect: Effect) -> Result<(), String> {
        match self.breaks.replace((name, effect)) {
            None => Ok(()),
            Some((before, _)) => Err(format!("{before} and {name} cannot be combined")),
        }
    }

    pub fn fault(self, target: Option<String>) -> Result<Fault, FaultError> {
        let is_limit = self.status.is_none() && self.body.is_none() && self.headers.contains_key("retry-after");
        let status = self.status.or(is_limit.then_some(StatusCode::TOO_MANY_REQUESTS));
        let effect = match (status, self.body, self.breaks) {
            (Some(_), _, Some((breaks, _))) => {
                return problem(&format!("a response with a status cannot {breaks} as well"));
            }
            (None, Some(_), _) => return problem("a body needs a status: status=403,body=..."),
            (None, None, Some((breaks, _))) if breaks != "truncate" && !self.headers.is_empty() => {
                return problem(&format!("{breaks} leaves no response for a header"));
            }
            (Some(status), Some(body), None) => Some(Effect::Body {
                status,
                content_type: self.content_type.clone().unwrap_or_else(|| "text/plain".into()),
                body,
            }),
            (Some(status), None, None) => Some(Effect::Status(status)),
            (None, None, breaks) => breaks.map(|(_, effect)| effect),
        };
        if self.content_type.is_some() && !matches!(effect, Some(Effect::Body { .. })) {
            return problem("content-type needs a body: status=403,body=...,content-type=...");
        }
        if effect.is_none() && self.latency.is_none() && self.headers.is_empty() {
            return problem(&format!("the fault has no effect; the items are {NAMES}"));
        }
        Ok(Fault {
            target,
            left: self.times,
            latency: self.latency.unwrap_or_default(),
            effect,
            headers: self.headers,
            acts: self.acts,
        })
    }
}

fn once<T>(name: &str, slot: &mut Option<T>, value: T) -> Result<(), String> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("{name} is given twice")),
    }
}

fn problem<T>(text: &str) -> Result<T, FaultError> {
    Err(FaultError(text.to_owned()))
}
