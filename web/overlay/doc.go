// Package overlay holds the browser client: the TypeScript sources of the
// script that devtool injects into pages, and a function that bundles them.
// The repository has no generated file: the program embeds the sources and
// bundles them with the esbuild that it carries.
//
// The client has no dependency, and no state that the hub could not send again.
// Only main.ts has effects when it is imported. Start reading at client.ts,
// which joins the parts. judge.ts, schedule.ts, protocol.ts and format.ts hold
// the decisions, as functions that tests call without a browser.
package overlay
