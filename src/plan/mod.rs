/*!
What will run and why: fingerprints, reuse, order. Printable; does nothing.
*/

pub mod fingerprint;
