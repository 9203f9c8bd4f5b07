// Package replay rebuilds a Go program without the go command, by running again
// those of its commands that a save makes necessary.
//
// After a successful go build, [Record] asks the go command how it would build
// the program from nothing, and where the build cache has each package. The
// result is a [Plan]. [Plan.Build] compiles the packages whose files changed. It
// goes on to the packages that import them only where the export data, which is
// what the compiler reads of an import, came out different; go build compiles all
// direct importers. Then it links. The program is the one that go build makes, to
// the byte, except for the parts of the build id that name inputs and what the
// linker derives from them.
//
// A plan holds while the go command would draw the same one: the same files, of
// the same packages, with the same imports, constraints, directives and embedded
// files, in the same modules, built by the same tools. Whatever else happens, and
// whatever a tool has to say, is [Declined]: then go build must run, and it says
// what is wrong in its own words.
//
// A plan never writes into the build cache, and what it wrote in its own
// directory is of no use to anyone after it. It starts no goroutine that outlives
// a call.
package replay
