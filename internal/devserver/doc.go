// Package devserver composes the parts of devtool into the development
// server: it owns the state, decides, and drives the rest.
//
// One goroutine, in [Run], owns the state. Everything that happens
// (changed files, a finished build, an app that became ready or died) reaches
// it as an event; it calls the pure function decide, and performs the actions
// that come back. Actions that take time run in goroutines of their own, which
// report by a further event; Run waits for all of them before it returns.
// Nothing else in devtool decides anything.
//
// [Build] composes the same parts, once, into what is shipped.
//
// The packages below (watch, build, process, proxy, reload) do not know one
// another. Their types meet only here.
package devserver
