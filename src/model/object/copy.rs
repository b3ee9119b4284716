//! `Clone` and `PartialEq` of objects: a walk over the fields. Derived, both would be code for each field of each type.

use std::any::Any;

use super::Object;
use crate::model::field::{Field, Visit, VisitMut};

/// Returns a copy of an object.
pub(crate) fn cloned<T: Object>(object: &T) -> T {
    let mut copy = T::blank();
    copy_fields(object, &mut copy, T::TABLE.fields.len());
    copy
}

/// Returns whether two objects of a type have the same fields.
pub(crate) fn equal<T: Object>(object: &T, other: &T) -> bool {
    equal_fields(object, other, T::TABLE.fields.len())
}

/// Copies the fields and `extra`, which is the last, to a blank object of the same type.
fn copy_fields(object: &dyn Copyable, copy: &mut dyn Copyable, last: usize) {
    (0..=last).for_each(|index| object.copy_to(index, copy));
}

fn equal_fields(object: &dyn Copyable, other: &dyn Copyable, last: usize) -> bool {
    (0..=last).all(|index| object.is_equal(index, other))
}

/// An object of any type, whose fields meet those of another.
trait Copyable {
    fn copy_to(&self, index: usize, copy: &mut dyn Copyable);
    fn is_equal(&self, index: usize, other: &dyn Copyable) -> bool;
    fn with(&self, index: usize, f: &mut dyn FnMut(&dyn Any));
    fn with_mut(&mut self, index: usize, f: &mut dyn FnMut(&mut dyn Any));
}

impl<T: Object> Copyable for T {
    fn copy_to(&self, index: usize, copy: &mut dyn Copyable) {
        self.visit(index, CopyTo { copy, index });
    }

    fn is_equal(&self, index: usize, other: &dyn Copyable) -> bool {
        self.visit(index, IsEqual { other, index })
    }

    fn with(&self, index: usize, f: &mut dyn FnMut(&dyn Any)) {
        self.visit(index, With(f));
    }

    fn with_mut(&mut self, index: usize, f: &mut dyn FnMut(&mut dyn Any)) {
        self.visit_mut(index, With(f));
    }
}

/// Shows a field to a function.
struct With<'a, F: ?Sized>(&'a mut F);

impl<'a> Visit<'a> for With<'_, dyn FnMut(&dyn Any) + '_> {
    type Out = ();

    fn visit<T: Field>(self, field: &'a T) {
        self.0(field);
    }
}

impl<'a> VisitMut<'a> for With<'_, dyn FnMut(&mut dyn Any) + '_> {
    type Out = ();

    fn visit_mut<T: Field>(self, field: &'a mut T) {
        self.0(field);
    }
}

/// Copies a field to the same field of another object, which is blank.
struct CopyTo<'a> {
    copy: &'a mut dyn Copyable,
    index: usize,
}

impl<'a> Visit<'a> for CopyTo<'_> {
    type Out = ();

    fn visit<T: Field>(self, field: &'a T) {
        if field.is_absent() {
            return;
        }
        self.copy.with_mut(self.index, &mut |copy| {
            if let Some(copy) = copy.downcast_mut::<T>() {
                copy.clone_from(field);
            }
        });
    }
}

/// Compares a field with the same field of another object.
struct IsEqual<'a> {
    other: &'a dyn Copyable,
    index: usize,
}

impl<'a> Visit<'a> for IsEqual<'_> {
    type Out = bool;

    fn visit<T: Field>(self, field: &'a T) -> bool {
        let mut equal = false;
        self.other.with(self.index, &mut |other| {
            equal = other.downcast_ref::<T>() == Some(field);
        });
        equal
    }
}
