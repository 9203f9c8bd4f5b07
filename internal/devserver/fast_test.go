package devserver

import (
	"slices"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/policy"
)

// TestFastBuildsAreTold follows one build without the go command and one with it
// in what people see of them.
func TestFastBuildsAreTold(t *testing.T) {
	t.Parallel()
	const server = "package main\n\nimport (\n\t\"fmt\"\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc main() {\n\thttp.ListenAndServe(\"127.0.0.1:\"+os.Getenv(\"PORT\"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, \"one\") }))\n}\n"
	s := serveProject(t, map[string]string{"main.go": server})
	s.finished(policy.Reloaded)
	await(s, func(m policy.Verbose) bool { return m.Text == "the next build can be fast" })
	fast := func(stage policy.Stage) bool { return stage.Name == "go" && stage.Note == "fast" }

	s.write("main.go", strings.Replace(server, "one", "two", 1))
	if m := s.finished(policy.Reloaded); !slices.ContainsFunc(m.Stages, fast) {
		t.Errorf("the stages of an edit are %v, want a fast one", m.Stages)
	}
	s.write("more.go", "package main\n\nfunc init() {}\n")
	await(s, func(m policy.Verbose) bool { return strings.HasPrefix(m.Text, "built by go build: files appeared") })
	if m := await(s, func(policy.BuildFinished) bool { return true }); slices.ContainsFunc(m.Stages, fast) {
		t.Errorf("the stages of a new file are %v, want go build", m.Stages)
	}
}
