// Package templ shows edits of the text of templ templates (github.com/a-h/templ) in
// a program that runs, without building it.
//
// templ generates Go code that writes numbered literals. A program that is started
// with TEMPL_DEV_MODE=true reads these literals from a text file for each template,
// again whenever that file is newer: see runtime/watchmode.go of templ. The watch mode
// of templ has one set of such files, written by the generator. Here each program has
// its own set, written from the generated Go code that it was built from. So a program
// never reads the literals of a newer template, whose numbers may mean something else.
//
// In doubt the package has a program run as it was built: with a templ that it does not
// know, templates that changed during the build, or paths that the compiler trimmed.
package templ
