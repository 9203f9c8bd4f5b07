// Package typecheck runs the TypeScript compiler that a project has installed,
// for as long as the caller's context lasts, and reports what it finds after
// each check. It installs nothing and writes nothing.
package typecheck
