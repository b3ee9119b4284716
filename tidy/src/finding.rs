use std::fmt;

/// A violation of a rule, and its position.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The path of the file, relative to the root of the repository.
    pub path: String,
    /// The line, counted from 1; 0 stands for the file as a whole.
    pub line: usize,
    /// The violation, in words.
    pub message: String,
}

impl Finding {
    pub(crate) fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// Panics with all `findings`, if there are any.
///
/// # Panics
///
/// If `findings` is not empty.
#[track_caller]
pub fn assert_none(rule: &str, mut findings: Vec<Finding>) {
    findings.sort();
    findings.dedup();
    if findings.is_empty() {
        return;
    }
    let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
    panic!("{rule}: {} findings\n{}", findings.len(), lines.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_findings_pass() {
        assert_none("a rule", Vec::new());
    }

    #[test]
    #[should_panic(expected = "a rule: 2 findings\na.rs: one\nb.rs:7: two")]
    fn all_findings_are_reported_once_and_in_order() {
        let two = Finding::new("b.rs", 7, "two");
        assert_none("a rule", vec![two.clone(), Finding::new("a.rs", 0, "one"), two]);
    }
}
