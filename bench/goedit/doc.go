// Command goedit measures what a developer waits for: from saving a Go file to
// the first response of the new program.
//
// It lets devtool compete with air, as installed and with its delay turned
// down, and with the floor that none can beat: go build with devtool's flags
// and the start of the program. Every contender has a copy of the project of
// its own and edits of its own, so that none is served from another's build
// cache; they take turns within one run, so that a noisy minute hits all. While
// an edit is measured, a client sends a hundred requests a second and counts
// those that fail. On Linux the CPU time of the contender and all it starts is
// told too: from the first edit to half a second after the last, over the edits,
// so that what a contender does when the edit is served already counts.
//
//	go run ./bench/goedit [-edits 12] [-projects small,calendsync,large,cgo,importers,line,signature,file] [-with devtool,air]
//
// It needs the go command, a C compiler for cgo and, for air and SQLite, the
// module proxy. Everything it writes is in a temporary directory that it removes.
package main
