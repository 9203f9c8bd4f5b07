package config

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := json.Marshal(Schema())
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("devtool.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("devtool.schema.json")
}

// accepts reports whether the schema and the program itself take a file.
func accepts(t *testing.T, s *jsonschema.Schema, text string) (schema, program error) {
	t.Helper()
	var tree map[string]any
	if err := toml.Unmarshal([]byte(text), &tree); err != nil {
		t.Fatalf("not TOML: %v\n%s", err, text)
	}
	data, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	schema = s.Validate(doc)
	c := Default()
	problems, err := c.apply("devtool.toml", []byte(text))
	if err != nil {
		return schema, err
	}
	if problems = append(problems, c.check()...); len(problems) > 0 {
		program = joinErrors(problems)
	}
	return schema, program
}

// TestSchemaTakesWhatIsDocumented reads every example that people may copy.
func TestSchemaTakesWhatIsDocumented(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t)
	examples := map[string]string{}
	for _, pattern := range []string{"README.md", "docs/*.md", "docs/*/*.md"} {
		files, _ := filepath.Glob(filepath.Join("../..", pattern))
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, block := range regexp.MustCompile("(?ms)^```toml\n(.*?)^```").FindAllStringSubmatch(string(text), -1) {
				// A block of another file, such as .air.toml, says so in its first line.
				if first, _, _ := strings.Cut(block[1], "\n"); strings.HasPrefix(first, "#") && strings.Contains(first, ".toml") && !strings.Contains(first, "devtool") {
					continue
				}
				examples[file+": "+block[1]] = block[1]
			}
		}
	}
	if len(examples) == 0 {
		t.Fatal("no example was found")
	}
	for _, file := range []string{"../../devtool.toml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		examples[file] = string(text)
	}
	for name, text := range examples {
		if bySchema, byProgram := accepts(t, schema, text); bySchema != nil || byProgram != nil {
			t.Errorf("%s\nthe schema says %v\nthe program says %v", name, bySchema, byProgram)
		}
	}
}

// TestSchemaAgreesWithTheProgram: what an editor marks is what devtool refuses.
func TestSchemaAgreesWithTheProgram(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t)
	for text, fine := range map[string]bool{
		"[server]\nport = 1\nopen = true\n":                          true,
		"[server]\nopen = \"/x\"\n":                                  true,
		"[app]\nargs = \"a b\"\nready_timeout = \"1m30s\"\n":         true,
		"[app]\nargs = [\"a\"]\nenv = { A = 1 }\nsocket = false\n":   true,
		"[[rule]]\npaths = [\"x\"]\naction = \"swap\"\n":             true,
		"[[generate]]\nrun = [\"make\"]\n":                           true,
		"[server]\nprot = 1\n":                                       false,
		"[srever]\nport = 1\n":                                       false,
		"[server]\nport = \"1\"\n":                                   false,
		"[server]\nport = 65536\n":                                   false,
		"[server]\nmode = \"tunnel\"\n":                              false,
		"[server]\nopen = 1\n":                                       false,
		"[app]\nargs = [1]\n":                                        false,
		"[app]\nready_timeout = \"soon\"\n":                          false,
		"[app]\nready_timeout = 3\n":                                 false,
		"[app]\nsocket = \"yes\"\n":                                  false,
		"[web]\nentry_points = \"a.ts\"\n":                           false,
		"[[rule]]\npaths = [\"x\"]\n":                                false,
		"[[rule]]\npaths = [\"x\"]\naction = \"swop\"\n":             false,
		"[[generate]]\nname = \"x\"\n":                               false,
		"[rule]\npaths = [\"x\"]\naction = \"swap\"\n":               false,
		"[app]\nenv = [\"A=1\"]\n":                                   false,
		"[go.env]\nCGO_ENABLED = 0\n[web.mounts]\n\"/a/\" = \"a\"\n": true,
		"[overlay]\nenabled = false\neditor = \"code\"\n[web]\n":     true,
		"[app]\nrestart = \"overlap\"\ndrain_timeout = \"500ms\"\n":  true,
		"[web]\nentry_points = []\nexternal = [\"react\"]\ntsc=true": true,
	} {
		if bySchema, byProgram := accepts(t, schema, text); (bySchema == nil) != fine || (byProgram == nil) != fine {
			t.Errorf("%s: want accepted = %v\nthe schema says %v\nthe program says %v", text, fine, bySchema, byProgram)
		}
	}
}

// TestTemplate reads the written file back: it changes nothing, and with each
// of its settings uncommented it is still a file that both take.
func TestTemplate(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{
		"go.mod": "module x\n\ntool github.com/a-h/templ/cmd/templ\n", "cmd/api/main.go": "package main",
		"a.templ": `<link href="/static/x.css">`, "static/x.css": "", "web/index.html": `<script type="module" src="main.ts">`, "web/main.ts": "",
	})
	mains := []Main{{Dir: filepath.Join(root, "cmd", "api")}}
	before, assumed, err := Discover(load(t, Options{Cwd: root}), mains)
	if err != nil {
		t.Fatal(err)
	}
	text := Template(before, assumed)
	for _, line := range []string{
		`package = "./cmd/api" # the only main package`,
		`# entry_points = ["web/main.ts"] # `,
		`# mounts = { "/static/" = "static" } # linked by a.templ`,
		"# port = 3000\n", "# restart = \"replace\"\n", "# [[generate]]\n", `# run = ["go", "tool", "templ", "generate"]`,
	} {
		if !strings.Contains(text, line) {
			t.Errorf("the file lacks %q:\n%s", line, text)
		}
	}
	if err := os.WriteFile(filepath.Join(root, fileName), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	after, _, err := Discover(load(t, Options{Cwd: root}), mains)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string(nil), before.Changed(after)); diff != "" {
		t.Errorf("the written file changes settings: %s", diff)
	}
	uncommented := regexp.MustCompile(`(?m)^# ((\w+ = |\[\[).*)$`).ReplaceAllString(text, "$1")
	uncommented = regexp.MustCompile(`(?m)^(cert|key|output|jsx|mode|target) = "".*\n`).ReplaceAllString(uncommented, "")
	if bySchema, byProgram := accepts(t, compiledSchema(t), uncommented); bySchema != nil || byProgram != nil {
		t.Errorf("uncommented: the schema says %v\nthe program says %v\n%s", bySchema, byProgram, uncommented)
	}
}
