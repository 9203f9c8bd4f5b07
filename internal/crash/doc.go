// Package crash reads why a Go program ended from the last of its output: the
// panic or fatal error, the goroutine it was in, and where. [Parse] reads
// reports of the Go runtime, [LastWords] the last line of a program that says
// itself why it gives up.
//
// It takes text and returns values. It reads no file and starts nothing; the caller
// knows which source files are the user's. It refuses nothing: a program may print
// anything, and what does not read as a report is not one.
package crash
