//! The text that a signature is of, as a credential describes it: `{timestamp}.{body}`.

/// The default of credentials that sign the time.
pub(super) const WITH_TIMESTAMP: &str = "{timestamp}.{body}";
/// The format of credentials that do not sign the time and name no format.
pub(super) const BODY_ALONE: &str = "{body}";

/// A part of the signed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Placeholder(Placeholder),
}

/// A value of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placeholder {
    Body,
    Timestamp,
    Method,
    Url,
    MessageId,
}

const PLACEHOLDERS: [(&str, Placeholder); 5] = [
    ("{body}", Placeholder::Body),
    ("{timestamp}", Placeholder::Timestamp),
    ("{method}", Placeholder::Method),
    ("{url}", Placeholder::Url),
    ("{svix-id}", Placeholder::MessageId),
];

/// A format, parsed once. Values are never searched for placeholders: `{url}` in a body stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PayloadFormat(Vec<Part>);

impl PayloadFormat {
    /// Parses a format. Other text in braces stands for itself.
    pub(super) fn parse(format: &str) -> Self {
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut rest = format;
        while let Some(letter) = rest.chars().next() {
            let found = PLACEHOLDERS
                .iter()
                .find_map(|(name, placeholder)| Some((rest.strip_prefix(name)?, *placeholder)));
            if let Some((behind, placeholder)) = found {
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(Part::Placeholder(placeholder));
                rest = behind;
            } else {
                text.push(letter);
                rest = rest.get(letter.len_utf8()..).unwrap_or_default();
            }
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        PayloadFormat(parts)
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.0
    }

    pub(super) fn contains(&self, placeholder: Placeholder) -> bool {
        self.0.contains(&Part::Placeholder(placeholder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_and_text_are_told_apart() {
        let format = PayloadFormat::parse("{method} {url}\n{svix-id}.{timestamp}.{body}");
        let expected = [
            Part::Placeholder(Placeholder::Method),
            Part::Text(" ".to_owned()),
            Part::Placeholder(Placeholder::Url),
            Part::Text("\n".to_owned()),
            Part::Placeholder(Placeholder::MessageId),
            Part::Text(".".to_owned()),
            Part::Placeholder(Placeholder::Timestamp),
            Part::Text(".".to_owned()),
            Part::Placeholder(Placeholder::Body),
        ];
        assert_eq!(format.parts(), expected);
    }

    #[test]
    fn other_braces_are_text() {
        let format = PayloadFormat::parse("{{body}}é{Body}");
        let expected = [
            Part::Text("{".to_owned()),
            Part::Placeholder(Placeholder::Body),
            Part::Text("}é{Body}".to_owned()),
        ];
        assert_eq!(format.parts(), expected);
        assert!(PayloadFormat::parse("").parts().is_empty());
    }
}
