package main

import (
	"context"
	"os"
)

// readKeys reads none: a Windows console has modes of its own, which nobody has
// tried yet.
func readKeys(context.Context, *os.File, *terminalMode, func(byte)) {}
