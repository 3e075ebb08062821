/*!
Statistics as pure functions over slices: no Arrow, no DataFusion, no I/O.
*/
