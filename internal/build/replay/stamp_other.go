//go:build !linux && !darwin

package replay

import "io/fs"

// inode is left out here; size and time of modification have to do.
func inode(fs.FileInfo) (changed int64, number uint64) { return 0, 0 }
