// Package policy decides what follows from what happens in a project: which
// lanes build, when the app is replaced, what tabs and people are told.
//
// [Decide] takes a [State] and an [Event] and returns the next state and the
// [Action]s to perform, in order. All four are plain data. The package reads no
// file, no clock and no process, and starts no goroutine; a test keeps it from
// importing what could. A table of stories can therefore test all of it.
//
// What clients and the gate are told is derived from the difference between two
// states (tell.go), so that no handler of an event can forget it.
//
// Read state.go, event.go and action.go for the vocabulary, decide.go for the
// order of things, then one file for each idea: lanes.go (builds), generators.go
// (what goes before them), text.go (templates shown without a build), app.go (replacement, rollback, crashes), feedback.go
// (an app whose own writes restart it), asks.go (what people want), pages.go
// (what tabs show and throw), tell.go. What people and scripts are told is in
// message.go and outcome.go.
package policy
