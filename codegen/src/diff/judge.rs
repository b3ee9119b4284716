//! Judging a change by where its place is used: what it breaks on the wire.

use super::change::{Action, Change, Kind, Owner, Place, Used};
use super::rust::Renames;
use super::side::Side;
use super::surface::{Presence, identifiers};

/// Leaves, of what a change would break, what the use of its place can break.
pub fn judge(change: &mut Change, old: &Side, new: &Side, renames: &Renames) {
    let used = used(&change.place, old, new);
    let (sent, received) = match &change.place.owner {
        Owner::Document | Owner::Type(_) => (true, false),
        Owner::Operation(_) => (used.requests, used.responses),
        // A program of the old document meets a place only if that has it, and breaks only if the new one still leads there.
        Owner::Schema(name) => (
            old.usage.is_sent(name) && new.usage.is_sent(name),
            old.usage.is_received(name) && new.usage.is_received(name),
        ),
    };
    change.breaks.requests &= sent;
    change.breaks.responses &= received;
    refine(change, old, new, renames);
}

/// Returns where a place is used, in either document.
pub fn used(place: &Place, old: &Side, new: &Side) -> Used {
    let (requests, responses) = match &place.owner {
        Owner::Schema(name) => return old.usage.of(name).or(new.usage.of(name)),
        Owner::Document => (true, false),
        Owner::Type(name) => return of_type(name, old).or(of_type(name, new)),
        Owner::Operation(_) => match place.part.as_deref() {
            None => (true, true),
            Some(part) if part.starts_with("response ") => (false, true),
            Some(_) => (true, false),
        },
    };
    Used {
        requests,
        responses,
        messages: false,
    }
}

/// Returns where the fields are used that have a generated type.
fn of_type(name: &str, side: &Side) -> Used {
    let has = |schema: &str| {
        let fields = side.surface.fields(schema).into_iter().flatten();
        fields
            .map(|(_, field)| &field.ty)
            .any(|ty| identifiers(ty).any(|word| word == name))
    };
    let schemas = side
        .surface
        .schemas()
        .filter(|(schema, rust)| *rust == name || has(schema));
    schemas.fold(Used::default(), |used, (schema, _)| used.or(side.usage.of(schema)))
}

/// Takes back what the generated code bears: it requires less than the document, and reads what the document writes badly.
fn refine(change: &mut Change, old: &Side, new: &Side, renames: &Renames) {
    let was = old.rust_type(&change.place);
    let is = new.rust_type(&change.place);
    let lies_at_part = change.place.old.matches("/properties/").count() <= 1;
    let field = |side: &Side| match (&change.place.owner, &change.place.part) {
        (Owner::Schema(schema), Some(part)) if lies_at_part => side.surface.field(schema, part).cloned(),
        _ => None,
    };
    match change.kind {
        Kind::Required => {
            let was_optional =
                field(old).is_some_and(|field| matches!(field.presence, Presence::Optional | Presence::Nullable));
            change.breaks.responses &= !was_optional;
        }
        Kind::Nullable => {
            let bore_null = field(old).is_some_and(|field| field.presence != Presence::Required);
            change.breaks.responses &= !bore_null;
        }
        Kind::Type => {
            let same = match (&was, &is) {
                (Some(was), Some(is)) => lies_at_part && renames.apply(was) == *is && was != "Value",
                _ => false,
            };
            change.breaks.requests &= !same;
            change.breaks.responses &= !same;
        }
        Kind::Enum => {
            // A list of values that moved, from a list to its items, closes nothing.
            let was_closed = was.is_some_and(|ty| old.surface.has_values(&ty));
            change.breaks.requests &= !was_closed;
        }
        Kind::EnumValue if change.action == Action::Removed => {
            let tag = field(new).and_then(|field| field.tag);
            let still = tag.as_deref() == Some(&change.name)
                || is.is_some_and(|ty| new.surface.value(&ty, &change.name).is_some());
            change.breaks.requests &= !still;
        }
        _ => {}
    }
}
