// Package bundle bundles TypeScript and CSS with esbuild, in-process and in
// memory. A [Result] is a value: the outputs by their URLs, or the problems that
// say why there are none.
//
// The package does not decide when to build, nor what a result means for the
// browser. A [Result] names the files that matter; the caller watches them. It
// never writes to disk and never installs a package.
//
// A [Bundler] builds one thing at a time and starts no goroutine that outlives
// the call. Callers close it.
//
// # Reading order
//
// Begin with bundler.go: a build is one of the whole program, or of its sheets
// alone. Then:
//
//   - layout.go, entries.go, options.go: what a project is and how esbuild is asked.
//   - incremental.go, reads.go: one esbuild context that can be canceled and knows
//     what it read; import_graph.go: what it says of the program afterwards.
//   - sheets.go: the build of sheets alone.
//   - packages.go, scan.go, names.go, stub.go, typos.go: packages in a bundle of their own,
//     which holds of them what scripts import.
//   - plugin.go, query.go, root.go, imageset.go, source.go, glob.go, literal.go, worker.go: what people write for
//     Vite and esbuild does not understand.
//   - node.go, foreign.go: what packages do not get to see or to show.
//   - diagnostic.go, install.go, sought.go: what to tell people, and what would mend
//     it. paths.go, tsconfig.go, ways.go, template.go: what was read besides.
//   - hot.go, hot_values.go: how modules make themselves known in pages; patch.go,
//     patch_set.go, patch_build.go, patch_names.go: updates of single modules.
//   - page.go, pages.go: the HTML files that load the program.
//   - output.go, manifest.go: what browsers load.
//
// Each part is given what it needs; none points back at the [Bundler].
package bundle
