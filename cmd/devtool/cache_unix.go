//go:build unix

package main

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// trusted reports why a directory is not fit for secrets, if it is not.
func trusted(dir string, info fs.FileInfo, home bool) error {
	owner := int(info.Sys().(*syscall.Stat_t).Uid)
	me := os.Getuid()
	if owner != me && !(home && (owner == 0 || me == 0)) {
		return fmt.Errorf("%s belongs to another user (%d)", dir, owner)
	}
	others := fs.FileMode(0o022)
	if home {
		others = 0o002
	}
	if info.Mode()&others != 0 {
		return fmt.Errorf("others can write to %s", dir)
	}
	return nil
}
