//go:build unix

package generate

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// project is a tree with generators that are shell scripts. Each script also
// appends its name to the file log, outside the tree.
type project struct {
	t          *testing.T
	dir, log   string
	memory     string
	generators []Generator
}

func newProject(t *testing.T, files map[string]string) *project {
	t.Helper()
	p := &project{t: t, dir: t.TempDir()}
	out := t.TempDir()
	p.log, p.memory = filepath.Join(out, "log"), filepath.Join(out, "memory", "file")
	for name, text := range files {
		p.write(name, text)
	}
	return p
}

func (p *project) write(name, text string) {
	p.t.Helper()
	file := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// generator adds one whose inputs are named by patterns of their base name.
func (p *project) generator(name, script, inputs string, outputs ...string) {
	g := Generator{
		Name: name, Run: []string{"sh", "-c", "echo " + name + " >>" + p.log + "; " + script},
		Reads: func(rel string) bool {
			for pattern := range strings.FieldsSeq(inputs) {
				if ok, _ := path.Match(pattern, path.Base(rel)); ok {
					return true
				}
			}
			return false
		},
	}
	for _, output := range outputs {
		g.Outputs = append(g.Outputs, filepath.Join(p.dir, output))
	}
	p.generators = append(p.generators, g)
}

func (p *project) set() *Set {
	return New(Options{Dir: p.dir, Generators: p.generators, Memory: p.memory})
}

// run runs s and returns its result, and which generators ran, sorted.
func (p *project) run(s *Set) (Result, string) {
	p.t.Helper()
	_ = os.Remove(p.log) // there may be none
	result, err := s.Run(p.t.Context())
	if err != nil {
		p.t.Fatalf("Run: %v", err)
	}
	data, _ := os.ReadFile(p.log) // nothing ran
	names := strings.Fields(string(data))
	slices.Sort(names)
	return result, strings.Join(names, " ")
}

func (p *project) written(r Result) string {
	var names []string
	for _, file := range r.Written {
		names = append(names, relative(p.dir, file))
	}
	return strings.Join(names, " ")
}

func (p *project) remove(name string) {
	p.t.Helper()
	if err := os.Remove(filepath.Join(p.dir, name)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *project) damage() {
	p.t.Helper()
	if err := os.WriteFile(p.memory, []byte(`{"sql`), 0o600); err != nil {
		p.t.Fatal(err)
	}
}
