//! Routes: the operation of a method and a path.

use std::sync::Arc;

use http::Method;
use percent_encoding::percent_decode_str;

use crate::openapi::document::Document;

/// All path templates, most literal first, so that `/eval/run` does not match `/eval/{id}`.
pub(crate) struct Routes {
    templates: Vec<Template>,
}

struct Template {
    segments: Vec<Segment>,
    /// Indexes into [`Document::operations`].
    operations: Vec<(Method, usize)>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(String),
    Parameter(String),
}

/// Path parameters by name, decoded.
pub(crate) type PathParameters = Vec<(String, String)>;

pub(crate) enum Route {
    Operation {
        index: usize,
        parameters: PathParameters,
    },
    /// The path exists with these methods only.
    WrongMethod(Vec<Method>),
    Nothing,
}

impl Routes {
    pub fn of(document: &Arc<Document>) -> Routes {
        let mut templates: Vec<Template> = Vec::new();
        for (index, operation) in document.operations().iter().enumerate() {
            let segments = template_segments(&operation.path);
            let entry = (operation.method.clone(), index);
            match templates.iter_mut().find(|t| t.segments == segments) {
                Some(template) => template.operations.push(entry),
                None => templates.push(Template {
                    segments,
                    operations: vec![entry],
                }),
            }
        }
        // Literal sorts before Parameter, segment by segment.
        templates.sort_by(|a, b| a.segments.cmp(&b.segments));
        Routes { templates }
    }

    pub fn find(&self, method: &Method, path: &str) -> Route {
        let segments: Vec<&str> = split(path).collect();
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        let mut allowed = Vec::new();
        for template in &self.templates {
            let Some(parameters) = template.matches(&segments) else {
                continue;
            };
            if let Some((_, index)) = template.operations.iter().find(|(m, _)| m == method) {
                return Route::Operation {
                    index: *index,
                    parameters,
                };
            }
            allowed.extend(template.operations.iter().map(|(method, _)| method.clone()));
            // A less literal template must not serve a path that has its own template.
            break;
        }
        if allowed.is_empty() {
            Route::Nothing
        } else {
            Route::WrongMethod(allowed)
        }
    }
}

impl Template {
    fn matches(&self, path: &[&str]) -> Option<PathParameters> {
        if path.len() != self.segments.len() {
            return None;
        }
        let mut parameters = Vec::new();
        for (segment, actual) in self.segments.iter().zip(path) {
            match segment {
                Segment::Literal(literal) if literal == actual => {}
                Segment::Literal(_) => return None,
                Segment::Parameter(name) => {
                    let value = percent_decode_str(actual).decode_utf8().ok()?;
                    parameters.push((name.clone(), value.into_owned()));
                }
            }
        }
        Some(parameters)
    }
}

/// Returns the segments of a path. The API accepts a slash at the end.
fn split(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.strip_suffix('/').unwrap_or(path).split('/')
}

fn template_segments(path: &str) -> Vec<Segment> {
    split(path)
        .map(
            |segment| match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
                Some(name) => Segment::Parameter(name.to_owned()),
                None => Segment::Literal(segment.to_owned()),
            },
        )
        .collect()
}

#[cfg(test)]
mod fuzz;
