// Package gobuild compiles a Go program with the go command or with the project's
// own command. A [Result] is a value: a binary, or the diagnostics that say why
// there is none. Only what no edit of the user's code can fix is an error.
//
// The package does not decide when to build or what a result means for the app. A
// [Graph] says which files matter; the caller watches them. It never writes into
// the project, never runs a shell and never installs a module.
//
// After a successful go build, [Builder.Prepare] plans how to do without the go
// command next time (package replay). What the plan does not cover, go build does.
//
// A [Builder] builds one thing at a time and starts no goroutine that outlives
// the call. Cancelling the context of a build kills every process it started,
// and the call returns when they are gone.
//
// Callers make and remove the temporary directory, and call [Builder.Prune] once
// a binary is no longer needed.
package gobuild
