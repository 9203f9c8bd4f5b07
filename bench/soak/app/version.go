package main

// The soak edits this file.
const (
	version = 1
	habit   = "" // "exit", "deaf" or "slow"
)
