// Package bundle bundles TypeScript and CSS with esbuild, in-process and in
// memory. A [Result] is a value: the outputs by their URLs, or the diagnostics
// that say why there are none.
//
// The package does not decide when to build, nor what a result means for the
// browser. A [Result] names the files that matter; the caller watches them. It
// never writes to disk and never installs a package.
//
// A [Bundler] builds one thing at a time and starts no goroutine that outlives
// the call. Callers close it.
package bundle
