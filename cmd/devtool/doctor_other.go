//go:build !linux

package main

// checkWatches has nothing to say: these systems have no such limits, or none
// that can be read.
func checkWatches() []finding { return nil }

// orphans cannot be told without /proc.
func orphans() []string { return nil }
