//! Lists of names in one text.

use std::fmt;

/// Names, one behind the other in one text. As a slice of texts they would be 40 bytes each: two words, and an entry of the program's
/// relocations.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct Names {
    /// All names.
    pub text: &'static str,
    /// The end of each name in the text.
    pub ends: &'static [u32],
}

impl Names {
    pub(crate) fn len(self) -> usize {
        self.ends.len()
    }

    /// Returns the name with this number, or an empty one if there is none.
    pub(crate) fn get(self, index: usize) -> &'static str {
        let end = self.start(index + 1);
        self.text.get(self.start(index)..end).unwrap_or_default()
    }

    /// Returns where the name with this number starts, which is where the one before it ends.
    fn start(self, index: usize) -> usize {
        let before = index.checked_sub(1).and_then(|before| self.ends.get(before));
        before.map_or(0, |end| *end as usize)
    }

    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = &'static str> + DoubleEndedIterator + Clone {
        (0..self.len()).map(move |index| self.get(index))
    }

    pub(crate) fn contains(self, name: &str) -> bool {
        self.position(name, 0).is_some()
    }

    /// Returns the number of a name. `first` is the likeliest one: it is compared first, and then those behind it.
    pub(crate) fn position(self, name: &str, first: usize) -> Option<usize> {
        let first = first.min(self.len());
        self.find(name, first, self.len()).or_else(|| self.find(name, 0, first))
    }

    fn find(self, name: &str, first: usize, end: usize) -> Option<usize> {
        let (text, name) = (self.text.as_bytes(), name.as_bytes());
        let mut start = self.start(first);
        let found = self.ends[first..end].iter().position(|&end| {
            let end = end as usize;
            // Most names differ in their length or their last letter, and then there is no call.
            let is_same = end - start == name.len()
                && (start == end || text[end - 1] == name[name.len() - 1])
                && text[start..end] == *name;
            start = end;
            is_same
        });
        found.map(|index| first + index)
    }

    /// Returns the number of a name in names that are sorted.
    pub(crate) fn search(self, name: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.get(middle).cmp(name) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Returns where each name ends in a text of all.
pub(crate) const fn ends<const N: usize>(names: [&str; N]) -> [u32; N] {
    let mut ends = [0; N];
    let (mut index, mut end) = (0, 0);
    while index < N {
        end += names[index].len() as u32;
        ends[index] = end;
        index += 1;
    }
    ends
}

/// Makes [`Names`] of literals, in a constant: `names!["kind" "name"]`.
macro_rules! names {
    ($($name:literal)*) => {
        $crate::model::Names { text: concat!($($name),*), ends: &$crate::model::ends([$($name),*]) }
    };
}

pub(crate) use names;

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names = names!["a" "" "later" "latex" "ä"];

    #[test]
    fn a_name_is_found_wherever_it_is() {
        for first in 0..7 {
            for (index, name) in NAMES.iter().enumerate() {
                assert_eq!(NAMES.position(name, first), Some(index), "{name} from {first}");
                assert_eq!(NAMES.get(index), name);
            }
            for other in ["b", "late", "lateral", "alater", "a\u{e4}", "\u{c4}"] {
                assert_eq!(NAMES.position(other, first), None, "{other} from {first}");
            }
        }
    }

    #[test]
    fn sorted_names_are_searched() {
        const SORTED: Names = names!["" "a" "later" "latex" "ä"];
        assert!(SORTED.iter().is_sorted());
        for (index, name) in SORTED.iter().enumerate() {
            assert_eq!(SORTED.search(name), Some(index));
        }
        for other in ["A", "b", "late", "latey", "ö"] {
            assert_eq!(SORTED.search(other), None);
        }
    }

    #[test]
    fn no_names_are_a_list_like_others() {
        const EMPTY: Names = names![];
        assert_eq!((EMPTY.len(), EMPTY.contains(""), EMPTY.search("")), (0, false, None));
        assert_eq!(format!("{EMPTY:?} {NAMES:?}"), r#"[] ["a", "", "later", "latex", "ä"]"#);
    }
}
