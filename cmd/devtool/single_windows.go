package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockedElsewhere locks a file until it is closed, or reports that another
// process has. The locked byte is far behind the text, which others read.
func lockedElsewhere(f *os.File) bool {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	at := windows.Overlapped{OffsetHigh: 1}
	return windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &at) == windows.ERROR_LOCK_VIOLATION
}
