//! Parameters in paths and queries: text, which is converted to the type of the schema before the check.

use serde_json::{Value, json};

use super::{UnknownName, Validator};
use crate::document::Parameter;
use crate::errors::escaped;
use crate::json_schema::Undeclared;
use crate::problem::Problem;

/// Numbers that count: the API refuses a fraction, which the document allows.
const WHOLE: [&str; 2] = ["limit", "page"];

impl Validator {
    /// Returns the problems of a query, whose pairs are decoded. Parameters that the document does not declare are none: clients
    /// send `cursor`, which it lacks.
    ///
    /// # Errors
    ///
    /// The document has no such operation.
    pub fn query<N: AsRef<str>, T: AsRef<str>>(
        &self,
        operation: &str,
        pairs: &[(N, T)],
    ) -> Result<Vec<Problem>, UnknownName> {
        self.parameters(operation, "query", pairs)
    }

    /// Returns the problems of the parameters of a path, by their names in its template.
    ///
    /// # Errors
    ///
    /// The document has no such operation.
    pub fn path<N: AsRef<str>, T: AsRef<str>>(
        &self,
        operation: &str,
        pairs: &[(N, T)],
    ) -> Result<Vec<Problem>, UnknownName> {
        self.parameters(operation, "path", pairs)
    }

    fn parameters<N: AsRef<str>, T: AsRef<str>>(
        &self,
        operation: &str,
        location: &str,
        pairs: &[(N, T)],
    ) -> Result<Vec<Problem>, UnknownName> {
        let declared = self.operation(operation)?.parameters.iter();
        let mut problems = Vec::new();
        for parameter in declared.filter(|parameter| parameter.location == location) {
            let mut given = pairs
                .iter()
                .filter(|(name, _)| name.as_ref() == parameter.name)
                .peekable();
            if given.peek().is_none() && parameter.required {
                problems.push(Problem {
                    path: format!("/{}", escaped(&parameter.name)),
                    expected: "a value".to_owned(),
                    found: "nothing".to_owned(),
                    message: format!("{} should not be null or undefined", parameter.name),
                });
            }
            for (_, text) in given {
                self.parameter(parameter, text.as_ref(), &mut problems);
            }
        }
        Ok(problems)
    }

    fn parameter(&self, parameter: &Parameter, text: &str, problems: &mut Vec<Problem>) {
        let name = &parameter.name;
        let schema = self.document.resolve(&parameter.schema).unwrap_or(&Value::Null);
        // A list is sent as several pairs of one name.
        let schema = match schema["type"].as_str() {
            Some("array") => self.document.resolve(&schema["items"]).unwrap_or(&Value::Null),
            _ => schema,
        };
        let value = match schema["type"].as_str() {
            Some("number" | "integer") => number(text),
            Some("boolean") => text
                .parse::<bool>()
                .map_or_else(|_| json!(text), |boolean| json!(boolean)),
            Some("string") => json!(text),
            _ => return,
        };
        let found = self.check(schema, &value, Undeclared::Refused);
        problems.extend(found.into_iter().map(|problem| Problem {
            path: format!("/{}", escaped(name)),
            message: problem.message.replacen("body", name, 1),
            ..problem
        }));
        if WHOLE.contains(&name.as_str()) && value.as_f64().is_some_and(|number| number.fract() != 0.0) {
            problems.push(Problem {
                path: format!("/{}", escaped(name)),
                expected: "a whole number".to_owned(),
                found: value.to_string(),
                message: format!("{name} must be an integer number"),
            });
        }
    }
}

fn number(text: &str) -> Value {
    let whole = text.parse::<i64>().map(|number| json!(number));
    let number = whole.or_else(|_| text.parse::<f64>().map(|number| json!(number)));
    number.unwrap_or_else(|_| json!(text))
}
