//! Active faults.

use serde_json::Value;

use crate::fault::{Fault, syntax};
use crate::openapi::document::Operation;

/// Active faults, oldest first.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the faults that can still occur, in the JSON form of `/emulator/faults`.
    pub fn to_json(&self) -> Value {
        let left = self.0.iter().filter(|fault| fault.left != Some(0));
        left.map(syntax::to_json).collect()
    }

    /// Takes the fault for a request and counts it as used once.
    pub fn take(&mut self, operation: &Operation) -> Option<Fault> {
        let fault = self.0.iter_mut().find(|fault| fault.applies_to(operation))?;
        if let Some(left) = &mut fault.left {
            *left -= 1;
        }
        Some(fault.clone())
    }
}
