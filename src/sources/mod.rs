/*!
Export files become typed Arrow batches: discovery, decompression, decoding, binding by name, casts,
quarantine. One file per format. Runs no SQL.
*/
