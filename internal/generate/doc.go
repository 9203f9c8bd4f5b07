// Package generate runs the code generators of a project before its build:
// those whose inputs changed since they last ran, or whose outputs are missing,
// and no others.
//
// Inputs are compared by content, which is remembered across restarts in a file
// ([Options.Memory]). A generator is forgotten before it runs and remembered when
// it has succeeded, so that one which failed, was cancelled or died with us runs
// again. [Set.Run] repeats until nothing is stale, because one generator may
// write what another reads. Generators that are known not to affect one another
// run at the same time. A generator that is stale each time it has run is
// reported as a loop, with who wrote what.
//
// Undeclared outputs are found by comparing sizes and modification times: what
// changed below [Options.Dir] while the generator ran counts as its output.
//
// A generator that keeps running and looks for changes itself ([Generator.Watch])
// is started once by [Set.Keep], and again when it dies. Run waits until it is
// ready, and returns its complaints.
//
// A tool of go.mod (`go tool NAME`) is run directly, once the go command has said
// where its executable is, until a file changes that decides which tool that is.
//
// The package does not guess inputs, follows no symbolic links, and never writes
// into the project itself. When a generator fails, that is not an error but data:
// a [Failure].
//
// Run and Keep own the goroutines that they start, one for each generator that runs,
// and wait for them. Callers make one call of Run at a time; Keep, and methods such
// as [Set.Wrote], may run meanwhile.
package generate
