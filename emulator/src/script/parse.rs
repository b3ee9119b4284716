//! Scripts from JSON and TOML. Errors have the position of the mistake.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::script::{Ending, Line, Pickup, Script, Step, ToolUse, When};

/// An error of parsing scripts, with its position.
#[derive(Debug, PartialEq, Eq)]
pub struct ScriptError(String);

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ScriptError {}

type Result<T> = std::result::Result<T, ScriptError>;

pub(crate) fn file(path: &Path) -> Result<Vec<Script>> {
    let within = |error: &dyn fmt::Display| ScriptError(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| within(&error))?;
    let is_toml = path.extension().is_some_and(|extension| extension == "toml");
    let read = if is_toml { toml(&text) } else { json(&text) };
    read.map_err(|error| within(&error))
}

pub(crate) fn json(text: &str) -> Result<Vec<Script>> {
    let value = serde_json::from_str(text).map_err(|error| ScriptError(error.to_string()))?;
    scripts(&value)
}

pub(crate) fn toml(text: &str) -> Result<Vec<Script>> {
    // The message of `toml` shows the line with the mistake.
    let value = toml::from_str(text).map_err(|error: toml::de::Error| ScriptError(error.to_string()))?;
    scripts(&value)
}

fn scripts(file: &Value) -> Result<Vec<Script>> {
    let root = Node::root(file);
    let list = if file.is_array() {
        root.below("scripts", file)
    } else {
        let object = root.object(&["scripts"])?;
        object
            .get("scripts")
            .ok_or_else(|| root.problem("needs a list of `scripts`"))?
    };
    list.list()?.iter().map(script).collect()
}

fn script(place: &Node<'_>) -> Result<Script> {
    let known = [
        "name",
        "when",
        "answer",
        "steps",
        "ends",
        "analysis",
        "structuredOutputs",
        "cost",
        "wordSeconds",
        "model",
    ];
    let object = place.object(&known)?;
    let mut script = Script::new();
    if let Some(name) = object.get("name") {
        script.name = Some(name.text()?);
    }
    if let Some(place) = object.get("when") {
        script.when = when(&place)?;
    }
    if let Some(place) = object.get("answer") {
        script.answer = pickup(&place)?;
    }
    if let Some(steps) = object.get("steps") {
        script.steps = steps.list()?.iter().map(step).collect::<Result<_>>()?;
    }
    if let Some(place) = object.get("ends") {
        script.ending = match place.text()?.as_str() {
            "customer" => Ending::Customer,
            "assistant" => Ending::Assistant,
            "by-hand" => Ending::ByHand,
            reason => Ending::Reason(reason.to_owned()),
        };
    }
    if let Some(place) = object.get("analysis") {
        script.results.analysis = place.any_object()?.clone();
    }
    if let Some(outputs) = object.get("structuredOutputs") {
        for (id, output) in outputs.any_object()? {
            let place = outputs.below(id, output);
            let output = place.object(&["name", "result"])?;
            let name = output.get("name").map_or_else(|| Ok(id.clone()), |name| name.text())?;
            let result = output.get("result").map_or(Value::Null, |result| result.value.clone());
            script
                .results
                .structured_outputs
                .insert(id.clone(), json!({ "name": name, "result": result }));
        }
    }
    if let Some(cost) = object.get("cost") {
        script.results.cost = Some(cost.number()?);
    }
    if let Some(word) = object.get("wordSeconds") {
        script = script.pace(word.seconds()?);
    }
    if let Some(model) = object.get("model") {
        script.uses_model = model.truth()?;
    }
    Ok(script)
}

fn when(place: &Node<'_>) -> Result<When> {
    let object = place.object(&["assistant", "customer", "phoneNumberId", "simulation", "next"])?;
    let text = |name: &str| object.get(name).map(|place| place.text()).transpose();
    Ok(When {
        assistant: text("assistant")?,
        customer: text("customer")?,
        phone_number_id: text("phoneNumberId")?,
        simulation: text("simulation")?,
        next: object.get("next").map_or(Ok(false), |place| place.truth())?,
    })
}

fn pickup(place: &Node<'_>) -> Result<Pickup> {
    Ok(match place.text()?.as_str() {
        "customer" => Pickup::Customer,
        "voicemail" => Pickup::Voicemail,
        "busy" => Pickup::Nobody("customer-busy".into()),
        "no-answer" => Pickup::Nobody("customer-did-not-answer".into()),
        reason => Pickup::Nobody(reason.to_owned()),
    })
}

fn step(place: &Node<'_>) -> Result<Step> {
    if place.value == "greeting" {
        return Ok(Step::Greeting(None));
    }
    const KINDS: [&str; 10] = [
        "greeting",
        "assistant",
        "customer",
        "pause",
        "hang",
        "language",
        "tool",
        "tools",
        "transfer",
        "handoff",
    ];
    const MORE: [&str; 5] = ["seconds", "interrupts", "arguments", "result", "parameters"];
    let object = place.object(&[&KINDS[..], &MORE[..]].concat())?;
    let kinds: Vec<&str> = KINDS.into_iter().filter(|kind| object.get(kind).is_some()).collect();
    let &[kind] = kinds.as_slice() else {
        let choice = KINDS.join(", ");
        return Err(place.problem(&format!("must be \"greeting\" or have exactly one of {choice}")));
    };
    let belongs: &[&str] = match kind {
        "greeting" | "assistant" => &["seconds"],
        "customer" => &["seconds", "interrupts"],
        "tool" => &["arguments", "result"],
        "handoff" => &["parameters"],
        _ => &[],
    };
    if let Some(stray) = MORE
        .iter()
        .find(|name| object.get(name).is_some() && !belongs.contains(name))
    {
        return Err(place.problem(&format!("`{stray}` cannot be combined with `{kind}`")));
    }
    let Some(value) = object.get(kind) else {
        return Err(place.problem("is empty"));
    };
    Ok(match kind {
        "greeting" if value.truth()? => Step::Greeting(object.get("seconds").map(|place| place.seconds()).transpose()?),
        "greeting" => return Err(value.problem("must be true or absent")),
        "assistant" => Step::Assistant(line(&value, &object)?),
        "customer" => Step::Customer(line(&value, &object)?),
        "pause" => Step::Pause(value.seconds()?),
        "hang" => Step::Hang(value.seconds()?),
        "language" => Step::Language(value.text()?),
        "tool" => Step::Tools(vec![tool(place, &object)?]),
        "tools" => {
            let calls = value.list()?;
            let one = |place: &Node<'_>| tool(place, &place.object(&["tool", "arguments", "result"])?);
            Step::Tools(calls.iter().map(one).collect::<Result<_>>()?)
        }
        "transfer" => Step::Transfer(destination(&value)?),
        _ => Step::Handoff {
            destination: destination(&value)?,
            parameters: object
                .get("parameters")
                .map_or_else(|| Ok(json!({})), |place| place.any_object().cloned().map(Value::Object))?,
        },
    })
}

fn line(text: &Node<'_>, object: &Object<'_>) -> Result<Line> {
    Ok(Line {
        text: text.text()?,
        lasts: object.get("seconds").map(|place| place.seconds()).transpose()?,
        interrupts: object.get("interrupts").map_or(Ok(false), |place| place.truth())?,
    })
}

fn tool(place: &Node<'_>, object: &Object<'_>) -> Result<ToolUse> {
    let name = object.get("tool").ok_or_else(|| place.problem("`tool` is missing"))?;
    Ok(ToolUse {
        name: name.text()?,
        arguments: object
            .get("arguments")
            .map_or_else(|| Ok(json!({})), |place| place.any_object().cloned().map(Value::Object))?,
        result: object.get("result").map(|place| place.text()).transpose()?,
        made_by_model: None,
    })
}

/// Reads a destination, or `"ask"` for the one that the server names.
fn destination(place: &Node<'_>) -> Result<Option<Value>> {
    if place.value == "ask" {
        return Ok(None);
    }
    if !place.any_object()?.get("type").is_some_and(Value::is_string) {
        return Err(place.problem("must be \"ask\" or a destination with a `type`"));
    }
    Ok(Some(place.value.clone()))
}

/// A value and its path: `scripts[1].steps[0].pause`.
#[derive(Clone)]
struct Node<'a> {
    path: String,
    value: &'a Value,
}

/// Returns an object that has known properties only.
struct Object<'a> {
    path: String,
    properties: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    fn get(&self, name: &str) -> Option<Node<'a>> {
        let value = self.properties.get(name)?;
        Some(Node {
            path: joined(&self.path, name),
            value,
        })
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() {
        return name.to_owned();
    }
    format!("{path}.{name}")
}

impl<'a> Node<'a> {
    fn root(value: &'a Value) -> Node<'a> {
        Node {
            path: String::new(),
            value,
        }
    }

    fn below(&self, name: &str, value: &'a Value) -> Node<'a> {
        Node {
            path: joined(&self.path, name),
            value,
        }
    }

    fn problem(&self, problem: &str) -> ScriptError {
        if self.path.is_empty() {
            return ScriptError(format!("the file {problem}"));
        }
        ScriptError(format!("{}: {problem}", self.path))
    }

    fn any_object(&self) -> Result<&'a Map<String, Value>> {
        self.value.as_object().ok_or_else(|| self.problem("must be an object"))
    }

    fn object(&self, known: &[&str]) -> Result<Object<'a>> {
        let properties = self.any_object()?;
        if let Some(unknown) = properties.keys().find(|name| !known.contains(&name.as_str())) {
            let known = known.join(", ");
            return Err(self.problem(&format!("`{unknown}` is not known here; {known} are")));
        }
        Ok(Object {
            path: self.path.clone(),
            properties,
        })
    }

    fn list(&self) -> Result<Vec<Node<'a>>> {
        let items = self.value.as_array().ok_or_else(|| self.problem("must be a list"))?;
        let places = items.iter().enumerate().map(|(index, value)| Node {
            path: format!("{}[{index}]", self.path),
            value,
        });
        Ok(places.collect())
    }

    fn text(&self) -> Result<String> {
        let text = self.value.as_str().filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or_else(|| self.problem("must be a string"))
    }

    fn truth(&self) -> Result<bool> {
        self.value
            .as_bool()
            .ok_or_else(|| self.problem("must be true or false"))
    }

    fn number(&self) -> Result<f64> {
        self.value.as_f64().ok_or_else(|| self.problem("must be a number"))
    }

    fn seconds(&self) -> Result<Duration> {
        let seconds = Duration::try_from_secs_f64(self.number()?);
        // The limit is a day, longer than any call.
        seconds
            .ok()
            .filter(|time| time.as_secs() <= 86_400)
            .ok_or_else(|| self.problem("must be a number of seconds, a day at most"))
    }
}
