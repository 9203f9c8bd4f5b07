// Package routes names the URLs that devtool keeps for itself. The packages that
// serve them, guard them and check settings against them share this leaf.
package routes

// Prefix begins the path of every route of devtool's own. No request under it
// reaches the app.
const Prefix = "/__devtool/"

// Patch begins the path of every patch, a script that brings a page up to date
// without a reload, and of its source map.
const Patch = Prefix + "patch/"
