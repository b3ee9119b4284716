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
    /// Set if JSON has all of them without escapes.
    pub is_plain: bool,
}

impl Names {
    pub(crate) fn len(self) -> usize {
        self.ends.len()
    }

    /// Returns the name with this number, or an empty one if there is none.
    #[inline]
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
        match self.ends {
            [_] => self.text == name,
            _ => self.position(name).is_some(),
        }
    }

    /// Returns the number of a name.
    pub(crate) fn position(self, name: &str) -> Option<usize> {
        let text = name.as_bytes();
        let (index, _) = self.find(0, self.len(), |name| name == text)?;
        Some(index)
    }

    /// Returns the number and the length of the name that a text begins with, if there is a quote behind it. `first` is the likeliest one: it
    /// is compared first, and then those behind it.
    pub(crate) fn leading(self, text: &[u8], first: usize) -> Option<(usize, usize)> {
        let first = first.min(self.len());
        let leads = |name: &[u8]| text.get(name.len()) == Some(&b'"') && text.starts_with(name);
        self.find(first, self.len(), leads)
            .or_else(|| self.find(0, first, leads))
    }

    /// Returns the number and the length of the first such name.
    #[inline]
    fn find(self, first: usize, end: usize, is_it: impl Fn(&[u8]) -> bool) -> Option<(usize, usize)> {
        let mut start = self.start(first);
        for (index, &end) in (first..).zip(&self.ends[first..end]) {
            let name = &self.text.as_bytes()[start..end as usize];
            if is_it(name) {
                return Some((index, name.len()));
            }
            start = end as usize;
        }
        None
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
        $crate::model::Names {
            text: concat!($($name),*),
            ends: &$crate::model::ends([$($name),*]),
            is_plain: $crate::model::is_plain(concat!($($name),*)),
        }
    };
}

pub(crate) use names;

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names = names!["a" "" "later" "latex" "ä" "length of fourteen" "a name of more than sixteen bytes"];

    #[test]
    fn a_name_is_found_wherever_it_is() {
        for (index, name) in NAMES.iter().enumerate() {
            assert_eq!((NAMES.position(name), NAMES.get(index)), (Some(index), name));
            for first in 0..NAMES.len() + 2 {
                let text = format!("{name}\": \"");
                assert_eq!(
                    NAMES.leading(text.as_bytes(), first),
                    Some((index, name.len())),
                    "{name} from {first}"
                );
            }
        }
    }

    #[test]
    fn another_name_is_not_found() {
        let others = [
            "b",
            "late",
            "lateral",
            "alater",
            "a\u{e4}",
            "\u{c4}",
            "length of fourteem",
            "Length of fourteen",
            "a name of more than sixteen bytez",
            "a name of more thon sixteen bytes",
            "a_name of more than sixteen bytes",
        ];
        for other in others {
            assert_eq!(NAMES.position(other), None, "{other}");
            assert_eq!(NAMES.leading(format!("{other}\":").as_bytes(), 0), None, "{other}");
        }
        for text in ["", "a", "later", "later ", "ä"] {
            assert_eq!(NAMES.leading(text.as_bytes(), 0), None, "{text}");
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
        const FEW: Names = names!["a" "" "later"];
        assert_eq!(format!("{EMPTY:?} {FEW:?}"), r#"[] ["a", "", "later"]"#);
    }
}
