package watch

import "io/fs"

// idOf is empty: Windows tells a file's identity only of an open file, and
// renames are seen by name there.
func idOf(fs.FileInfo) fileID { return fileID{} }

// linksOf returns how many names the file has, as far as is cheap to know.
func linksOf(fs.FileInfo) uint64 { return 1 }

// statusTime is unknown: Windows tells it only of an open file.
func statusTime(fs.FileInfo) int64 { return 0 }
