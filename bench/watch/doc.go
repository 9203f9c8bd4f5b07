//go:build unix

// Command watch measures what it costs to watch a project, and how soon and how
// often a build begins, for devtool, air and chokidar, which Vite is built on.
//
//	go run ./bench/watch [-saves 20] [-trees 1000,10000,100000,packages] [-with devtool,air,chokidar]
//
// A tree is a small web app beside so many files that belong to no build, ten in
// a directory; "packages" is a program of 500 packages with ten files each. Every
// tool runs as a process of its own on a copy of its own:
//
//   - ready: from its start until it waits for changes, its first build included;
//   - memory: of its process alone, once it is ready and after all saves;
//   - idle: what it uses of a processor in ten seconds without a change, from a
//     few seconds after the last build on;
//   - save: from before a file is written, in place, until the tool says that it
//     builds, or, chokidar, that the file changed;
//   - storm: git switches between two branches in which 5,000 files differ; the
//     number of builds. Only with "packages".
//
// air builds by "echo", with its delay turned down to 1 ms. It needs the go
// command, git, the module proxy for air, and node and npm for chokidar. All it
// writes goes to a temporary directory.
package main
