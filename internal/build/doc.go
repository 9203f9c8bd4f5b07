// Package build compiles the two sides of an application: Go with the go
// command, TypeScript and CSS with esbuild in-process. Results are values.
package build
