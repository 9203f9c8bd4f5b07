// Package build is what the builders of an application say about the user's
// code: a [Diagnostic] with the lines around it. The builders are packages of
// their own: gobuild, bundle and typecheck.
package build
