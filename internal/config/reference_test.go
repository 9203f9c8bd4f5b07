package config

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"
)

func TestReferenceIsComplete(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, s := range Reference() {
		switch {
		case s.Doc == "" || !strings.HasSuffix(s.Doc, "."):
			t.Errorf("%s has no doc comment that is a sentence: %q", s.Key, s.Doc)
		case s.Variable != "" && seen[s.Variable] != "":
			t.Errorf("%s and %s have the same variable", s.Key, seen[s.Variable])
		case reserved(s.Variable):
			t.Errorf("%s has the reserved variable %s", s.Key, s.Variable)
		}
		seen[s.Variable] = s.Key
		seen[s.Key] = s.Default
	}
	for key, want := range map[string]string{
		"server.port":       "3000",
		"app.ready_timeout": `"20s"`,
		"app.env_files":     `[".env", ".env.local", ".env.development", ".env.development.local"]`,
		"app.socket":        "",
		"rule[].action":     "",
		"DEVTOOL_WEB_TSC":   "web.tsc",
	} {
		if got, ok := seen[key]; !ok || got != want {
			t.Errorf("reference of %s = %q, %v; want %q", key, got, ok, want)
		}
	}
}

// TestValuesAreTOML reads what is printed back in: whoever copies a line of
// the listing into the file must get what they saw.
func TestValuesAreTOML(t *testing.T) {
	t.Parallel()
	hostile := "a\"b\\c\n\t\x01\x7fä${PORT}"
	c := Default()
	yes := true
	c.App.Socket = &yes
	c.App.Args = Command{hostile, ""}
	c.App.Env = map[string]string{"A": hostile, "b c": "1"}
	c.Server.Open = "/x"
	for _, v := range c.Values() {
		if v.Value == "" {
			continue
		}
		d := Default()
		if problems, err := d.apply("x.toml", []byte(v.Key+" = "+v.Value)); err != nil || len(problems) > 0 {
			t.Errorf("%s = %s: %v %v", v.Key, v.Value, err, problems)
			continue
		}
		want, _ := c.setting(v.Key)
		got, _ := d.setting(v.Key)
		equal := reflect.DeepEqual(got.Interface(), want.Interface()) ||
			(got.Kind() == reflect.Slice || got.Kind() == reflect.Map) && got.Len()+want.Len() == 0
		if !equal {
			t.Errorf("%s read back = %v, want %v", v.Key, got, want)
		}
	}
}

// TestDiscoveredSettingsAreTOML reads back what is suggested as the line to
// write.
func TestDiscoveredSettingsAreTOML(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]string{
		"go.mod": "module x\n\ntool github.com/a-h/templ/cmd/templ\n", "a.templ": `<script src="/static/x.js">`,
		"static/x.js": "", "web/index.html": `<script type="module" src="main.ts">`, "web/main.ts": "",
	})
	_, assumed, err := Discover(load(t, Options{Cwd: root}), []Main{{Dir: root}})
	if err != nil || len(assumed) < 4 {
		t.Fatalf("Discover = %+v, %v", assumed, err)
	}
	for _, a := range assumed {
		header, line, ok := strings.Cut(a.Setting, "] ")
		if strings.HasPrefix(header, "[[") {
			header, line, ok = strings.Cut(a.Setting, "]] ")
			header, line = header+"]", strings.ReplaceAll(line, ", inputs", "\ninputs")
		}
		c := Default()
		problems, err := c.apply("x.toml", []byte(header+"]\n"+line+"\n"))
		if !ok || err != nil || len(problems) > 0 || len(c.check()) > 0 {
			t.Errorf("%q is not a setting: %v %v %v", a.Setting, err, problems, c.check())
		}
	}
}

func TestChanged(t *testing.T) {
	t.Parallel()
	before := `[server]
port = 1
[app.env]
A = "1"
[[rule]]
paths = ["a"]
action = "reload"
`
	for _, tt := range []struct {
		name, after string
		want        []string
	}{
		{"a comment", "# x\n" + before, nil},
		{"a value", strings.Replace(before, "port = 1", "port = 2", 1), []string{"server.port"}},
		{"a variable", strings.Replace(before, `A = "1"`, `B = "1"`, 1), []string{"app.env"}},
		{"a rule more", before + "[[rule]]\npaths = [\"b\"]\naction = \"swap\"\n", []string{"rule"}},
		{"no rule", strings.Split(before, "[[rule]]")[0], []string{"rule"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			read := func(text string) *Config {
				c := Default()
				if problems, err := c.apply(filepath.Join("x", fileName), []byte(text)); err != nil || len(problems) > 0 {
					t.Fatal(err, problems)
				}
				return c
			}
			if diff := cmp.Diff(tt.want, read(tt.after).Changed(read(before))); diff != "" {
				t.Errorf("Changed (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzQuote(f *testing.F) {
	f.Add("a\"\\\n\x7f\u2028é")
	f.Fuzz(func(t *testing.T, s string) {
		var got struct{ V string }
		err := toml.Unmarshal([]byte("V = "+quote(s)), &got)
		if want := strings.ToValidUTF8(s, "\uFFFD"); err != nil || got.V != want {
			t.Errorf("quote(%q) reads as %q, %v", s, got.V, err)
		}
	})
}
