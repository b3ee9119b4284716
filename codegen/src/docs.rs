//! The sentences that become rustdoc: ours from `spec/docs.toml`, else the document's own made safe for rustdoc.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Our own sentences about the interface (`spec/docs.toml`).
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Docs {
    /// By controller.
    pub handles: BTreeMap<String, String>,
    /// By operation id.
    pub operations: BTreeMap<String, String>,
    /// By schema name in the document, or by type name for what has no schema of its own.
    pub types: BTreeMap<String, String>,
    /// By property name.
    pub fields: BTreeMap<String, String>,
    /// By schema name, then by property name.
    pub type_fields: BTreeMap<String, BTreeMap<String, String>>,
    /// By parameter name.
    pub parameters: BTreeMap<String, String>,
    /// By operation id, or by type name.
    pub examples: BTreeMap<String, Example>,
}

/// Rust code that shows the use of an operation or a type.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Operation ids and type names that the code uses. A document that lacks one of them gets no example.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Statements in an async function that has `vapi`, a client, and returns `vapi::Result<()>`.
    pub code: String,
}

impl Docs {
    /// Returns the section `# Examples` for an operation or a type, as a doctest that is compiled and not run.
    ///
    /// `exists` returns whether the document has an operation or type.
    pub fn example(&self, name: &str, exists: impl Fn(&str) -> bool) -> Option<String> {
        let example = self.examples.get(name)?;
        if !example.needs.iter().all(|needed| exists(needed)) {
            return None;
        }
        let code = example.code.trim_end();
        Some(format!(
            "# Examples\n\n```no_run\n# async fn example(vapi: vapi::Client) -> vapi::Result<()> {{\n{code}\n# Ok(())\n# }}\n```"
        ))
    }
}

/// Markdown of unknown origin as markdown that rustdoc takes without a warning and runs no code of.
///
/// HTML, brackets, headings and bare URLs are escaped, fenced code becomes text, links to web pages stay, and the tags of JSDoc become words.
pub fn safe(prose: &str) -> String {
    let mut out = Vec::new();
    let mut fenced = false;
    for line in printable(prose).lines() {
        let line = line.trim();
        if is_fence(line) {
            out.push(if fenced { "```" } else { "```text" }.to_owned());
            fenced = !fenced;
        } else if fenced {
            out.push(line.to_owned());
        } else {
            // Five spaces after the mark of a list would begin code.
            let words: Vec<&str> = line.split_whitespace().collect();
            out.push(safe_line(&untagged(&words.join(" "))));
        }
    }
    if fenced {
        out.push("```".to_owned());
    }
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    out.join("\n")
}

/// Returns whether a block of code begins or ends in this line, and not both.
fn is_fence(line: &str) -> bool {
    line.starts_with("~~~") || line.strip_prefix("```").is_some_and(|info| !info.contains('`'))
}

/// Tags of JSDoc, and the words for them.
const TAGS: [(&str, &str); 5] = [
    ("@default", "Default"),
    ("@maximum", "At most"),
    ("@max", "At most"),
    ("@minimum", "At least"),
    ("@min", "At least"),
];

/// Returns a line without a tag of JSDoc at its start: `@default 5` is `Default: 5`.
fn untagged(line: &str) -> String {
    for (tag, word) in TAGS {
        if let Some(value) = line.strip_prefix(tag)
            && let Some(value) = value.strip_prefix([' ', ':'])
        {
            return format!("{word}: {}", value.trim_start());
        }
    }
    line.to_owned()
}

fn safe_line(line: &str) -> String {
    // A heading would stand in the list of sections, and a rule makes one of the line before it.
    let is_rule = |mark: char| line.chars().all(|c| c == mark || c == ' ') && line.contains(mark);
    if line.starts_with('#') || is_rule('=') || (is_rule('-') && line.len() > 1) {
        return format!("\\{}", safe_spans(line));
    }
    safe_spans(line)
}

fn safe_spans(line: &str) -> String {
    let spans: Vec<&str> = line.split('`').collect();
    let closed = spans.len() % 2 == 1;
    let mut out = String::new();
    for (index, span) in spans.iter().enumerate() {
        if index > 0 {
            out.push_str(if closed { "`" } else { "\\`" });
        }
        if closed && index % 2 == 1 {
            out.push_str(span);
        } else {
            out.push_str(&escape(span));
        }
    }
    out
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = ["https://", "http://"]
        .iter()
        .filter_map(|scheme| rest.find(scheme))
        .min()
    {
        let (before, url) = rest.split_at(start);
        let end = url
            .find(|c: char| c.is_whitespace() || "<>()[]\"'".contains(c))
            .unwrap_or(url.len());
        let (url, after) = url.split_at(end);
        if let (Some((before, text)), Some(after)) = (link_text(before), after.strip_prefix(')')) {
            out.push_str(&format!("{}[{}](<{url}>)", escape_marks(before), escape_marks(text)));
            rest = after;
            continue;
        }
        let trimmed = url.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']);
        out.push_str(&escape_marks(before));
        out.push_str(&format!("<{trimmed}>"));
        out.push_str(&escape_marks(&url[trimmed.len()..]));
        rest = after;
    }
    out.push_str(&escape_marks(rest));
    out
}

/// Splits what stands before the URL of a link, `see [the manual](`, before the text of the link.
fn link_text(before: &str) -> Option<(&str, &str)> {
    let (before, text) = before.strip_suffix("](")?.rsplit_once('[')?;
    (!text.is_empty() && !text.contains(']')).then_some((before, text))
}

fn escape_marks(text: &str) -> String {
    // In a list, a fence of these can begin code too.
    let text = text.replace("~~~", r"\~\~\~");
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '<' | '>' | '[' | ']') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Text from the document, such as a name or a value, as a code span.
pub fn code(text: &str) -> String {
    let one_line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("`{}`", one_line.replace('`', "'"))
}

/// Without what rustc refuses in a comment: a return without a line feed, and marks that turn the direction of text.
fn printable(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| match c {
            '\r' => '\n',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => ' ',
            c => c,
        })
        .collect()
}

/// Returns the lines of a doc comment at some indentation.
pub fn comment(indent: &str, text: &str) -> String {
    printable(text)
        .lines()
        .map(|line| match line.trim_end() {
            "" => format!("{indent}///\n"),
            line => format!("{indent}/// {line}\n"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_needs_all_that_it_uses() {
        let docs: Docs = toml::from_str("[examples.create]\nneeds = ['Call']\ncode = 'go();'").unwrap();
        let expected = "# Examples\n\n```no_run\n# async fn example(vapi: vapi::Client) -> vapi::Result<()> {\n\
                        go();\n# Ok(())\n# }\n```";
        assert_eq!(docs.example("create", |name| name == "Call").as_deref(), Some(expected));
        assert_eq!(docs.example("create", |_| false), None);
        assert_eq!(docs.example("other", |_| true), None);
    }

    #[test]
    fn brackets_and_html_are_escaped_but_not_in_code() {
        assert_eq!(safe("a [b] <div> `x[0] <y>` c"), r"a \[b\] \<div\> `x[0] <y>` c");
    }

    #[test]
    fn an_unclosed_code_span_is_no_code() {
        assert_eq!(safe("a `b <c>"), r"a \`b \<c\>");
    }

    #[test]
    fn urls_become_links_without_the_full_stop() {
        assert_eq!(
            safe("see https://vapi.ai/a(b), or http://x.y."),
            "see <https://vapi.ai/a>(b), or <http://x.y>."
        );
    }

    #[test]
    fn links_to_web_pages_stay_links() {
        assert_eq!(
            safe("see [the [old] manual](https://x.y/a_b), [b](c.d) and [e] (https://f.g)"),
            "see \\[the \\[old\\] manual\\](<https://x.y/a_b>), \\[b\\](c.d) and \\[e\\] (<https://f.g>)"
        );
        assert_eq!(safe("a [b <c>](https://x.y), d"), "a [b \\<c\\>](<https://x.y>), d");
    }

    #[test]
    fn headings_and_rules_are_text() {
        assert_eq!(safe("a\n---\n# b\n==="), "a\n\\---\n\\# b\n\\===");
        assert_eq!(safe("- a\n-"), "- a\n-");
    }

    #[test]
    fn tags_of_jsdoc_are_words() {
        assert_eq!(
            safe("a\n\n@default 5\n@max: 7\n@other b"),
            "a\n\nDefault: 5\nAt most: 7\n@other b"
        );
    }

    #[test]
    fn code_is_text_and_always_ends() {
        assert_eq!(safe("```json\n{\"a\": [1]}"), "```text\n{\"a\": [1]}\n```");
    }

    #[test]
    fn what_rustc_refuses_in_a_comment_goes() {
        assert_eq!(comment("", "a\rb\r\nc\u{202e}d"), "/// a\n/// b\n/// c d\n");
        assert_eq!(safe("a\rb\u{2066}c"), "a\nb c");
    }

    #[test]
    fn a_value_is_a_code_span_on_one_line() {
        assert_eq!(code("a\n`b`"), "`a 'b'`");
    }

    #[test]
    fn code_on_one_line_is_a_span() {
        assert_eq!(safe("```x[0]``` is it"), "```x[0]``` is it");
    }

    #[test]
    fn indented_text_is_not_a_test() {
        assert_eq!(safe("a:\n\n    let x = 1;"), "a:\n\nlet x = 1;");
        assert_eq!(safe("-      let x = 1;\n\n1.\tlet y;"), "- let x = 1;\n\n1. let y;");
    }

    #[test]
    fn a_fence_in_a_list_is_not_a_test() {
        assert_eq!(safe("- ```rust\n  boom()"), "- \\`\\`\\`rust\nboom()");
        assert_eq!(safe("- ~~~\n  boom()"), "- \\~\\~\\~\nboom()");
    }
}
