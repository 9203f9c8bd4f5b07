// Package typecheck runs the type checker that a project has installed (tsc,
// vue-tsc or svelte-check) for as long as the caller's context lasts, and reports
// what it finds after each check. It installs nothing and writes nothing.
//
// One compiler runs at a time, in its own watch mode. It starts no goroutines
// but those of os/exec and a timer, which end before [Checker.Run] returns.
package typecheck
