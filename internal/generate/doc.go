// Package generate runs the code generators of a project before its build:
// those whose inputs changed since they last ran, or whose outputs are missing,
// and no others.
//
// Whether inputs changed is a matter of content, remembered over restarts in a
// file ([Options.Memory]). A generator that is run is forgotten first and
// remembered when it has succeeded, so that one which failed, was cancelled or
// died with us runs again. [Set.Run] repeats until nothing is stale, because
// one generator may write what another reads; those that are known not to
// touch one another run side by side. A generator that is stale again each
// time it has run is named as a loop, with who wrote what.
//
// Outputs that nobody declared are found by comparing sizes and modification
// times: what changed below [Options.Dir] while the generator ran is taken for
// its work.
//
// A generator that keeps running and looks for changes itself ([Generator.Watch])
// is started once by [Set.Keep], and again when it dies. Run waits until it is ready,
// and returns what it complains of.
//
// A tool of go.mod (`go tool NAME`) is run by itself, once the go command has said where
// it is, until a file changes that says which tool that is.
//
// The package refuses to guess inputs, follows no symbolic link, and never
// writes into the project itself. The failure of a generator is not an error
// but a [Failure], as data.
//
// Run and Keep own the goroutines that they start, one for each generator that runs,
// and wait for them. Callers make one call of Run at a time; Keep, and methods such
// as [Set.Wrote], may run meanwhile.
package generate
