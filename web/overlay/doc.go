// Package overlay holds the browser client: the TypeScript sources of the
// script that devtool injects into pages, and the function that bundles them.
// No generated file is kept; the sources are embedded and bundled by the
// esbuild that devtool carries anyway.
//
// The client has no dependency and no state of its own that the hub could not
// send again. main.ts alone has effects when it is imported; protocol.ts,
// judge.ts, format.ts and place.ts hold the decisions, as functions that the
// tests call outside a browser.
package overlay
