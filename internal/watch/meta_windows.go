package watch

import "io/fs"

// idOf returns no identity: Windows reveals that only for open files, and renames
// are seen by name there.
func idOf(fs.FileInfo) fileID { return fileID{} }

// linksOf returns how many names the file has, as far as is cheap to know.
func linksOf(fs.FileInfo) uint64 { return 1 }

// statusTime returns 0 for unknown: Windows reveals it only for open files.
func statusTime(fs.FileInfo) int64 { return 0 }
