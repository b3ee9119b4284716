//! The parts of every generated type: objects that keep unknown fields, enums and unions that keep unknown values.
//!
//! `serde_derive` writes a state machine per type, and compiling those was most of the cost of this crate. Here a type is
//! a table of names and two `match`es over field numbers, and the machinery that reads and writes it exists once, behind `dyn`. The
//! macros in this module write those tables; they are called by generated code only.

mod capture;
mod cursor;
mod field;
mod fit;
mod names;
mod nullable;
mod number;
mod object;
pub(crate) mod open_enum;
mod read;
pub(crate) mod redact;
mod secret;
mod timestamp;
pub(crate) mod union;

pub use fit::Misfit;
pub use nullable::Nullable;
pub use number::Number;
pub use object::write::write_body;
pub use read::{Decoded, Undecodable, read_body};
pub use secret::Secret;
pub use timestamp::{Timestamp, TimestampError};

#[allow(unused_imports, reason = "only some features need all of these")]
pub(crate) use cursor::{Cursor, Unfit, end_of_string, is_plain};
pub(crate) use field::{Field, FieldRead, IfPresent, Slot, Visit, VisitMut, deserialize, field_type, overwrite};
pub(crate) use fit::{Expected, Misfits};
pub(crate) use names::{Names, ends, names};
#[allow(unused_imports, reason = "a document may have no type that is created from another")]
pub(crate) use object::conversion::{created_from, without_read_only};
pub(crate) use object::copy::{cloned, equal};
pub(crate) use object::write::{BySerde, debug, serialize, to_json};
pub(crate) use object::{Fields, Object, Out, Table, list, model, pairs, read as read_object};
pub(crate) use open_enum::{OpenEnum, open_enum};
pub(crate) use read::{Decode, Mode, from_body, trace_misfits};
#[allow(unused_imports, reason = "only some features need all of these")]
pub(crate) use union::{JsonKind, Shape, Union, boxed_variant, plain_variant, shared_property, tagged_union};
