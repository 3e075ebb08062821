/*!
Texts that many rows share, each kept once and known by a number.

Numbers are given in order of arrival, which results must not depend on: they go by [`Names::places`].
*/

use std::collections::HashMap;

#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    texts: Vec<String>,
    numbers: HashMap<String, u32>,
    bytes: usize,
}

impl Names {
    /// The number of a text, which it gets if it is new.
    pub(super) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.texts.len() as u32;
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        self.bytes += 2 * (text.len() + size_of::<String>()) + size_of::<u32>();
        number
    }

    pub(super) fn text(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }

    /// The place of each number in the order of texts.
    pub(super) fn places(&self) -> Vec<u32> {
        let mut places = vec![0; self.texts.len()];
        for (place, number) in self.in_order().into_iter().enumerate() {
            places[number as usize] = place as u32;
        }
        places
    }

    /// All numbers in the order of their texts.
    pub(super) fn in_order(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..self.texts.len() as u32).collect();
        numbers.sort_unstable_by_key(|number| self.text(*number));
        numbers
    }

    /// Bytes allocated.
    pub(super) fn size(&self) -> usize {
        self.bytes
    }
}
