//! Slots with generations: the home of transactions and sessions.
//!
//! A [`Place`] names a value for as long as it lives and never names another one after that, so a late timer or a late
//! response finds nothing instead of a stranger.

/// Where a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

impl Place {
    /// As one number, for public ids.
    pub(crate) fn to_u64(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.index)
    }

    pub(crate) fn from_u64(number: u64) -> Place {
        Place { index: number as u32, generation: (number >> 32) as u32 }
    }
}

/// Values in reusable slots.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Slot<T> {
    generation: u32,
    value: Option<T>,
}

impl<T> Slab<T> {
    pub(crate) fn new() -> Slab<T> {
        Slab { slots: Vec::new(), free: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Stores what `make` returns; it is told the place beforehand.
    pub(crate) fn insert_with(&mut self, make: impl FnOnce(Place) -> T) -> Place {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 1, value: None });
            self.slots.len() as u32 - 1
        });
        let slot = &mut self.slots[index as usize];
        let place = Place { index, generation: slot.generation };
        slot.value = Some(make(place));
        place
    }

    pub(crate) fn at(&self, place: Place) -> Option<&T> {
        let slot = self.slots.get(place.index as usize)?;
        if slot.generation == place.generation { slot.value.as_ref() } else { None }
    }

    pub(crate) fn at_mut(&mut self, place: Place) -> Option<&mut T> {
        let slot = self.slots.get_mut(place.index as usize)?;
        if slot.generation == place.generation { slot.value.as_mut() } else { None }
    }

    /// The value of a slot, whatever its generation, and its place.
    pub(crate) fn occupant(&self, index: u32) -> Option<(Place, &T)> {
        let slot = self.slots.get(index as usize)?;
        Some((Place { index, generation: slot.generation }, slot.value.as_ref()?))
    }

    pub(crate) fn remove(&mut self, place: Place) -> Option<T> {
        let slot = self.slots.get_mut(place.index as usize)?;
        if slot.generation != place.generation {
            return None;
        }
        let value = slot.value.take()?;
        slot.generation = slot.generation.wrapping_add(1).max(1);
        self.free.push(place.index);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freed_place_never_names_its_successor() {
        let mut slab = Slab::new();
        let first = slab.insert_with(|_| 'a');
        assert_eq!(slab.remove(first), Some('a'));
        let second = slab.insert_with(|_| 'b');
        assert_eq!(first.index, second.index);
        assert_eq!((slab.at(first), slab.at(second)), (None, Some(&'b')));
        assert_eq!(slab.remove(first), None);
        assert_eq!(slab.len(), 1);
        assert_eq!(Place::from_u64(second.to_u64()), second);
    }
}
