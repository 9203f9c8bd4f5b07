// Package templ shows edits of the text of templ templates (github.com/a-h/templ)
// in a running program, without a build.
//
// templ generates Go code that writes numbered literals. A program that is started
// with TEMPL_DEV_MODE=true reads these literals from a text file for each template,
// again whenever that file is newer: see runtime/watchmode.go of templ. The watch mode
// of templ has one set of such files, written by the generator. Here each program has
// its own set, written from the generated Go code that it was built from. So a program
// never reads the literals of a newer template, whose numbers may mean something else.
//
// When in doubt, the package lets a program run as it was built: with an unknown
// version of templ, templates that changed during the build, or paths trimmed by
// the compiler.
package templ
