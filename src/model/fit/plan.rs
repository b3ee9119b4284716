//! The decisions of the fit walk, for the decoders that follow it.

use std::cell::Cell;

/// The decision about one member of an object, or of a map.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberPlan {
    /// It is read into its field.
    Read,
    /// It does not fit: it is kept in `extra`.
    Keep,
    /// Another member with its name follows: it is skipped.
    Skip,
}

/// The decisions of a walk, in the order of the text. The decoders take them in the same order.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Plan {
    /// The variant of each union; `None` is `Unknown`.
    unions: Vec<Option<usize>>,
    /// The members that are not simply read, by their number.
    members: Vec<(usize, MemberPlan)>,
    /// The number of members so far.
    count: usize,
    next_union: Cell<usize>,
    next_member: Cell<usize>,
    /// The index in `members` of the next exception.
    next_exception: Cell<usize>,
}

/// A position to which a plan can be taken back.
#[derive(Clone, Copy)]
pub(super) struct Checkpoint {
    unions: usize,
    members: usize,
    count: usize,
}

impl Plan {
    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            unions: self.unions.len(),
            members: self.members.len(),
            count: self.count,
        }
    }

    pub(super) fn roll_back(&mut self, to: Checkpoint) {
        self.unions.truncate(to.unions);
        self.members.truncate(to.members);
        self.count = to.count;
    }

    pub(super) fn add_union(&mut self, variant: Option<usize>) {
        self.unions.push(variant);
    }

    /// Adds a member that is read, and returns its number.
    pub(super) fn add_member(&mut self) -> usize {
        self.count += 1;
        self.count - 1
    }

    /// Sets what becomes of a member. No member behind it may have been added.
    pub(super) fn set_member(&mut self, number: usize, plan: MemberPlan) {
        self.members.push((number, plan));
    }

    /// Takes the decision for the next union.
    pub(in crate::model) fn take_union(&self) -> Option<usize> {
        let index = self.next_union.get();
        self.next_union.set(index + 1);
        self.unions.get(index).copied().flatten()
    }

    /// Takes the decision for the next member.
    pub(in crate::model) fn take_member(&self) -> MemberPlan {
        let number = self.next_member.get();
        self.next_member.set(number + 1);
        match self.members.get(self.next_exception.get()) {
            Some((exception, plan)) if *exception == number => {
                self.next_exception.set(self.next_exception.get() + 1);
                *plan
            }
            _ => MemberPlan::Read,
        }
    }
}
