// Package build compiles the two sides of an application: Go with the go
// command or a command of the project's own ([Go]), TypeScript and CSS with
// esbuild in-process ([Web]). Results are values: binaries and bundles, or the
// [Diagnostic] list that says why there are none. An error is only what no edit
// of the user's code can mend.
//
// It decides nothing: not when to build, nor what a result means for the app or
// the browser. [GoGraph] and [WebResult] tell which files matter; watching them
// is the caller's. It never writes into the project, never runs a shell, never
// installs a package or a module.
//
// A lane builds one thing at a time and starts no goroutine that outlives the
// call. Cancelling the context of a build kills every process it started, and
// the call returns when they are gone. The two lanes may run in parallel.
//
// Callers make and remove the temporary directory, call [Go.Prune] once a
// binary is no longer needed, and close the web lane.
package build
