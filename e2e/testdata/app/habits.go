package main

// The tests edit these two. Habits may also be given in the environment.
const (
	version = "v1"
	habits  = ""
)
