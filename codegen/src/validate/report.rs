//! The report of a validation: one line for each problem, or JSON.

use std::fmt;

use serde_json::{Value, json};
use vapi_validator::Problem;

/// A problem and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// The line, in a file of JSON lines.
    pub line: Option<usize>,
    /// The problem.
    pub problem: Problem,
}

/// All problems, in the order of the files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The number of values that were judged.
    pub values: usize,
    /// The problems.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Returns the report as JSON: a list of objects with `file`, `line` (in JSON lines), `path`, `expected`, `found` and
    /// `message`.
    pub fn json(&self) -> String {
        let findings = self.findings.iter().map(|finding| {
            let problem = &finding.problem;
            let mut shown = json!({ "file": finding.file });
            if let Some(line) = finding.line {
                shown["line"] = json!(line);
            }
            for (name, text) in [
                ("path", &problem.path),
                ("expected", &problem.expected),
                ("found", &problem.found),
                ("message", &problem.message),
            ] {
                shown[name] = json!(text);
            }
            shown
        });
        format!("{:#}", Value::Array(findings.collect()))
    }

    /// Returns the report's last line: `3 values, 2 problems`.
    pub fn summary(&self) -> String {
        let count = |count: usize, noun: &str| match count {
            1 => format!("1 {noun}"),
            count => format!("{count} {noun}s"),
        };
        format!(
            "{}, {}",
            count(self.values, "value"),
            count(self.findings.len(), "problem")
        )
    }
}

/// `assistants/ada.json: /voice/speed: expected a number, found "fast"`
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { file, line, problem } in &self.findings {
            write!(f, "{file}")?;
            if let Some(line) = line {
                write!(f, ":{line}")?;
            }
            if !problem.path.is_empty() {
                write!(f, ": {}", problem.path)?;
            }
            writeln!(f, ": expected {}, found {}", problem.expected, problem.found)?;
        }
        Ok(())
    }
}
