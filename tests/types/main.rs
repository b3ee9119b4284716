//! Every type of the document, decoded and written again: instances are made from the document, not from the types.

mod conversions;
mod corrections;
mod instance;
mod misfits;
mod registry;
mod round_trips;
mod secrets;
mod setters;
mod unions;
