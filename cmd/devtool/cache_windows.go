package main

import "io/fs"

// trusted trusts every directory: those for caches and for temporary files
// belong to the user there.
func trusted(string, fs.FileInfo, bool) error { return nil }
