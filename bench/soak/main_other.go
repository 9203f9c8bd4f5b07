//go:build !linux

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "soak: error: it counts descriptors and processes in /proc, which is on Linux only")
	os.Exit(4)
}
