//! Scripts, and the choice of one for a call.

use std::sync::Arc;

use crate::script::{Script, When};

/// All scripts, in the order of their addition.
#[derive(Default)]
pub(crate) struct Scripts {
    scripts: Vec<Arc<Script>>,
}

/// The known properties of a call that needs a script.
#[derive(Default)]
pub(crate) struct Candidate<'a> {
    pub assistant_id: Option<&'a str>,
    pub assistant_name: Option<&'a str>,
    pub customer: Option<&'a str>,
    pub phone_number_id: Option<&'a str>,
    /// The ids and names of a simulation and its scenario; empty for any other call.
    pub simulation: Vec<&'a str>,
}

impl Scripts {
    pub fn add(&mut self, script: Script) {
        self.scripts.push(Arc::new(script));
    }

    pub fn clear(&mut self) {
        self.scripts.clear();
    }

    /// Returns the script for a call. A script for the next call is used up by that.
    pub fn take(&mut self, call: &Candidate<'_>) -> Option<Arc<Script>> {
        let next = self
            .scripts
            .iter()
            .position(|script| script.when.next && script.when.fits(call));
        if let Some(next) = next {
            return Some(self.scripts.remove(next));
        }
        let fitting = self.scripts.iter().filter(|script| script.when.fits(call));
        // The last of equals.
        fitting.max_by_key(|script| script.when.conditions()).cloned()
    }
}

impl When {
    fn fits(&self, call: &Candidate<'_>) -> bool {
        let same = |wanted: &Option<String>, actual: &[Option<&str>]| {
            wanted.as_deref().is_none_or(|wanted| actual.contains(&Some(wanted)))
        };
        same(&self.assistant, &[call.assistant_id, call.assistant_name])
            && same(&self.customer, &[call.customer])
            && same(&self.phone_number_id, &[call.phone_number_id])
            && (self.simulation.as_deref()).is_none_or(|wanted| call.simulation.contains(&wanted))
    }

    fn conditions(&self) -> usize {
        [&self.assistant, &self.customer, &self.phone_number_id, &self.simulation]
            .into_iter()
            .flatten()
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidate, Script, Scripts};

    fn named(name: &str) -> Script {
        let mut script = Script::new();
        script.name = Some(name.to_owned());
        script
    }

    fn taken(shelf: &mut Scripts, customer: &str) -> Option<String> {
        let call = Candidate {
            assistant_name: Some("Ada"),
            customer: Some(customer),
            ..Candidate::default()
        };
        shelf.take(&call)?.name.clone()
    }

    #[test]
    fn the_next_then_closest_then_last_script_is_taken() {
        let mut shelf = Scripts::default();
        shelf.add(named("customer").for_customer("+1"));
        shelf.add(named("default"));
        shelf.add(named("closer").for_customer("+1").for_assistant("Ada"));
        shelf.add(named("other").for_assistant("Bob"));
        shelf.add(named("later default"));
        shelf.add(named("first of two").for_next_call());
        shelf.add(named("second of two").for_next_call());
        assert_eq!(taken(&mut shelf, "+1").as_deref(), Some("first of two"));
        assert_eq!(taken(&mut shelf, "+1").as_deref(), Some("second of two"));
        assert_eq!(taken(&mut shelf, "+1").as_deref(), Some("closer"));
        assert_eq!(taken(&mut shelf, "+2").as_deref(), Some("later default"));
    }

    #[test]
    fn without_a_script_that_fits_there_is_none() {
        let mut shelf = Scripts::default();
        shelf.add(named("other").for_assistant("Bob"));
        assert_eq!(taken(&mut shelf, "+1"), None);
    }
}
