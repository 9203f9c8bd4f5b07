package devtooltest

import "time"

// Message is a line of the machine-readable stream. Each type of line sets some
// of the fields; `devtool dev server --json-schema` says which.
type Message struct {
	Type       string
	Time       time.Time
	Build      int
	Files      []string
	Result     string
	Obstacle   string
	Reason     string
	Stages     []struct{ Name, Note string }
	Problems   []Problem
	Problem    Problem
	Serving    int
	PID        int
	Via        string
	URLs       []string
	Text, Hint string
	What       string
	Value      string
	Generation int
	Applied    []string
}

// Problem is what is wrong, and where.
type Problem struct {
	Source, File, Message, Output string
	Line, Column, Repeated        int
	Notes                         []string
	Excerpt                       []struct {
		Number int
		Text   string
	}
	Frames []struct {
		Function, File string
		Line           int
	}
}

// StageNames returns the names of the stages of an outcome.
func (m Message) StageNames() []string {
	var names []string
	for _, s := range m.Stages {
		names = append(names, s.Name)
	}
	return names
}

// OfType returns a condition for [Session.Await].
func OfType(kind string) func(Message) bool {
	return func(m Message) bool { return m.Type == kind }
}

// Finished returns a condition for [Session.Await]: the outcome of the build of
// that number or of a later one.
func Finished(build int) func(Message) bool {
	return func(m Message) bool { return m.Type == "build-finished" && m.Build >= build }
}
