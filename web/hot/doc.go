// Package hot holds the runtime of hot updates: the TypeScript sources of the
// script that runs before all others of a page, and a function that bundles
// them.
//
// Bundles register their modules with the runtime. A patch is a script with new
// versions of some modules; the runtime evaluates those that the page has loaded,
// tells whoever accepts them, and has React render changed components with their
// state kept. Where it cannot be sure that the page then shows what a fresh one
// would, it asks the client for a reload.
//
// Start reading at runtime.ts. context.ts is import.meta.hot, refresh.ts is
// React, and plan.ts decides which patches a page lacks.
package hot
