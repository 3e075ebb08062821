/*!
Texts that repeat, held once and numbered.
*/

use std::sync::Arc;

use datafusion::{
    common::{HashMap, exec_datafusion_err},
    error::Result,
};

/// Distinct texts, numbered in the order in which they came.
#[derive(Debug, Clone, Default)]
pub(in crate::functions) struct Texts {
    texts: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
    bytes: usize,
}

impl Texts {
    /// The number of a text, below [`Texts::NONE`].
    pub(in crate::functions) fn number(&mut self, text: &str) -> Result<u32> {
        if let Some(number) = self.numbers.get(text) {
            return Ok(*number);
        }
        let number = u32::try_from(self.texts.len())
            .ok()
            .filter(|number| *number != Self::NONE)
            .ok_or_else(|| exec_datafusion_err!("more than 4,294,967,295 different texts"))?;
        let text: Arc<str> = text.into();
        self.bytes += text.len();
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        Ok(number)
    }

    /// The text with a number; none for [`Texts::NONE`].
    pub(in crate::functions) fn text(&self, number: u32) -> Option<&str> {
        self.texts.get(number as usize).map(AsRef::as_ref)
    }

    /// What stands for no text.
    pub(in crate::functions) const NONE: u32 = u32::MAX;

    /// Bytes allocated: each text with its two counts, the list, the table and its control bytes.
    pub(in crate::functions) fn size(&self) -> usize {
        self.bytes
            + self.texts.len() * 2 * size_of::<usize>()
            + self.texts.capacity() * size_of::<Arc<str>>()
            + self.numbers.capacity() * (size_of::<(Arc<str>, u32)>() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_one_number() {
        let mut texts = Texts::default();
        let numbers: Vec<u32> =
            ["a", "", "a", "b", ""].iter().map(|text| texts.number(text).unwrap()).collect();
        assert_eq!(numbers, [0, 1, 0, 2, 1]);
        assert_eq!(texts.text(2), Some("b"));
        assert_eq!(texts.text(Texts::NONE), None);
        assert!(texts.size() > 3 * size_of::<Arc<str>>());
    }
}
