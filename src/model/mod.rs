//! What every generated type is made of: objects that keep unknown fields, enums and unions that keep unknown values.
//!
//! `serde_derive` writes a state machine per type, and compiling those was most of the cost of this crate. Here a type is
//! a table of names and two `match`es over field numbers, and the machinery that reads and writes it exists once. The
//! macros in this module write those tables; they are called by generated code only.

mod nullable;
mod number;
mod object;
pub(crate) mod open_enum;
mod raw;
mod read;
mod secret;
pub(crate) mod shown;
mod slot;
mod timestamp;
pub(crate) mod union;

pub use nullable::Nullable;
pub use number::Number;
pub use read::read_body;
pub use secret::Secret;
pub use timestamp::{Timestamp, TimestampError};

pub(crate) use object::{Object, ObjectReader, Read, Show, debug, encode, model, unnumbered};
pub(crate) use open_enum::{OpenEnum, open_enum};
pub(crate) use raw::end_of_string;
pub(crate) use read::{Decode, Mode, from_body};
pub(crate) use slot::{SerdeReader, Slot, deserialize};
pub(crate) use union::{Change, Head, Kind, Shape, Union, UnionReader, boxed_variant, plain_variant, tagged_union};
