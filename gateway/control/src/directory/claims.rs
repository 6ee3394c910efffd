//! An index that keeps every claimant of a value: usually one, several only while two sites are in conflict.

use std::{borrow::Borrow, collections::BTreeMap};

use super::from_prefix;

/// From a value to those who claim it.
#[derive(Debug, Clone)]
pub(super) struct Index<K, V> {
    claims: BTreeMap<K, Claims<V>>,
}

impl<K: Ord, V: Copy + Ord> Index<K, V> {
    pub(super) const fn new() -> Self {
        Self { claims: BTreeMap::new() }
    }

    /// The claimant that answers to the value: the lowest, so that all sites agree and an edit does not move it.
    pub(super) fn holder<Q: Ord + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.claimants(key).first().copied()
    }

    /// All claimants, lowest first.
    pub(super) fn claimants<Q: Ord + ?Sized>(&self, key: &Q) -> &[V]
    where
        K: Borrow<Q>,
    {
        match self.claims.get(key) {
            Some(Claims::One(one)) => std::slice::from_ref(one),
            Some(Claims::Many(many)) => many,
            None => &[],
        }
    }

    /// `claimant` gives up `old` and claims `new`.
    pub(super) fn replace(&mut self, claimant: V, old: Option<K>, new: Option<K>) {
        if old == new {
            return;
        }
        if let Some(old) = old {
            self.remove(claimant, old);
        }
        if let Some(new) = new {
            self.insert(claimant, new);
        }
    }

    /// Those who claim a value without being its holder.
    pub(super) fn contested(&self) -> impl Iterator<Item = V> {
        self.claims
            .values()
            .filter_map(|claims| match claims {
                Claims::One(_) => None,
                Claims::Many(many) => Some(&many[1..]),
            })
            .flatten()
            .copied()
    }

    fn insert(&mut self, claimant: V, key: K) {
        match self.claims.entry(key) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(Claims::One(claimant));
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => entry.get_mut().insert(claimant),
        }
    }

    fn remove(&mut self, claimant: V, key: K) {
        let std::collections::btree_map::Entry::Occupied(mut entry) = self.claims.entry(key) else { return };
        if entry.get_mut().remove(claimant) {
            entry.remove();
        }
    }
}

impl<V: Copy + Ord> Index<Box<str>, V> {
    /// Holders of all values that start with `prefix`, in the order of values.
    pub(super) fn starting<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = V> + 'a {
        self.claims
            .range::<str, _>(from_prefix(prefix))
            .take_while(move |(key, _)| key.starts_with(prefix))
            .map(|(_, claims)| match claims {
                Claims::One(one) => *one,
                Claims::Many(many) => many[0],
            })
    }
}

/// Claimants of one value; `Many` is sorted and has at least two.
#[derive(Debug, Clone)]
enum Claims<V> {
    One(V),
    Many(Vec<V>),
}

impl<V: Copy + Ord> Claims<V> {
    fn insert(&mut self, claimant: V) {
        match self {
            Self::One(one) if *one == claimant => {}
            Self::One(one) => {
                let mut many = vec![*one, claimant];
                many.sort_unstable();
                *self = Self::Many(many);
            }
            Self::Many(many) => {
                if let Err(at) = many.binary_search(&claimant) {
                    many.insert(at, claimant);
                }
            }
        }
    }

    /// Whether nobody is left.
    fn remove(&mut self, claimant: V) -> bool {
        match self {
            Self::One(one) => *one == claimant,
            Self::Many(many) => {
                many.retain(|other| *other != claimant);
                if let [one] = many[..] {
                    *self = Self::One(one);
                }
                false
            }
        }
    }
}
