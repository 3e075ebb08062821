/*!
See `journeymart::cli`.
*/

fn main() {}
