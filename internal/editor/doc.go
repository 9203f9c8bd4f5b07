// Package editor opens a place of a source file in the editor that a person
// uses. [Choose] finds out which one that is, [Editor.Command] and [Editor.URL]
// say how it is asked, and [Start] asks it.
//
// The first two are pure: values in, an argument list or a URL out. No shell is
// ever involved. Refused are places that are not an absolute path on this
// machine: relative ones, which could begin with a dash, network shares, whose
// mere opening tells a stranger who we are, and names with control characters.
// Editors that need a terminal are refused by name, because they would wait
// for one where nobody sees it.
//
// An editor belongs to the person: it outlives devtool, and so may the
// goroutine of Start that reaps it. Callers must see to it that the place is
// one they mean to open; see [Place].
package editor
