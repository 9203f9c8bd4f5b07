// Package crash reads why a Go program ended from the last of its output: the
// panic or fatal error, the goroutine it was in, and where. [Parse] does so for
// what the Go runtime reports, [LastWords] for programs that say by themselves
// why they give up.
//
// It is text in, value out. It reads no file and starts nothing; whose a source
// file is, the caller tells. It refuses nothing: output is whatever a program
// chose to write, and what cannot be read as a report is not one.
package crash
