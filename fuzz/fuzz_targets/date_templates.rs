#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| journeymart::fuzzing::date_templates(data));
