package build

// Severity tells whether a [Diagnostic] stops a build.
type Severity string

const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Diagnostic is a problem in the user's code, as data. A broken build is not
// an error of this package but a list of these.
type Diagnostic struct {
	Source   string // who found it: "go", "esbuild", "tsc"
	Severity Severity
	File     string // absolute; empty when no file is to blame
	Line     int    // from 1; 0 when unknown
	Column   int    // from 1, in code points (compilers count bytes; converted once, on the way in)
	Text     string
	Notes    []string
	Excerpt  []ExcerptLine // the lines around Line; empty when the file could not be read
}

// ExcerptLine is one line of source shown beside a [Diagnostic], without its
// line ending.
type ExcerptLine struct {
	Number int
	Text   string
}
