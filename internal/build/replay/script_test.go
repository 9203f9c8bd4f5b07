package replay

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// events writes lines as go build -n -json does: pkg, a space and a text that
// ends at "|".
func events(t testing.TB, lines ...[2]string) string {
	t.Helper()
	var b strings.Builder
	for _, line := range lines {
		event, err := json.Marshal(map[string]string{"ImportPath": line[0], "Action": "build-output", "Output": line[1]})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(event, '\n'))
	}
	return b.String()
}

func TestParseScript(t *testing.T) {
	t.Parallel()
	got, err := parseScript(events(t,
		[2]string{"p", "mkdir -p $WORK/b002/\n"},
		[2]string{"p", "\n#\n# p\n#\n\n"},
		[2]string{"p", "cat >$WORK/b002/importcfg << 'EOF' # internal\n# import config\npackagefile fmt=/c/1-d\nEOF\n"},
		[2]string{"p", "cat >$WORK/b002/embedcfg << 'EOF' # internal\n{\n\t\"Files\": {}\n}EOF\n"},
		[2]string{"p", "echo '# import config' > $WORK/b003/importcfg # internal\n"},
		[2]string{"p", "echo -n > $WORK/b003/go_asm.h # internal\n"},
		[2]string{"p", "cd /src/my app\n"},
		[2]string{"p", "/go/compile -o $WORK/b002/_pkg_.a -trimpath \"$WORK/b002=>\" ./main.go .s/x.go \"/src/my app/other file.go\"\n"},
		[2]string{"q", "cd .\n"},
		[2]string{"q", "GOROOT='/go it' X=\"it's\" EMPTY='' /go/link -extld=gcc ./as/it/is\n"},
		[2]string{"q", "mv $WORK/b001/exe/a.out app\n"},
	))
	if err != nil {
		t.Fatal(err)
	}
	want := script{
		files: map[string]string{
			"$WORK/b002/importcfg": "# import config\npackagefile fmt=/c/1-d\n",
			"$WORK/b002/embedcfg":  "{\n\t\"Files\": {}\n}",
			"$WORK/b003/importcfg": "# import config\n",
			"$WORK/b003/go_asm.h":  "",
		},
		commands: []command{
			{"p", "/src/my app", nil, []string{"/go/compile", "-o", "$WORK/b002/_pkg_.a", "-trimpath", "$WORK/b002=>",
				"/src/my app/main.go", "/src/my apps/x.go", "/src/my app/other file.go"}},
			{"q", ".", []string{"GOROOT=/go it", "X=it's", "EMPTY="}, []string{"/go/link", "-extld=gcc", "./as/it/is"}},
		},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(script{}, command{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseScriptRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, output := range []string{
		"cat >$WORK/x << 'EOF' # internal\nno end\n",
		"cat >$WORK/x <<EOF\ntext\nEOF\n",
		"echo nowhere\n",
		"compile \"no end\n",
		"A='no end\n",
		"A='alone'\n",
	} {
		if got, err := parseScript(events(t, [2]string{"p", output})); err == nil {
			t.Errorf("%q was read as %v", output, got)
		}
	}
	if _, err := parseScript("plain text\n"); err == nil {
		t.Error("text was read as JSON")
	}
}

func FuzzParseScript(f *testing.F) {
	f.Add("cat >f << 'EOF' # internal\ntext\nEOF\ncd /d\nA='b' ./x \"y z\"\n")
	f.Add("echo 'a' > b # internal\n")
	f.Fuzz(func(t *testing.T, output string) {
		got, err := parseScript(events(t, [2]string{"p", output}))
		if err != nil {
			return
		}
		for _, c := range got.commands {
			if len(c.argv) == 0 {
				t.Errorf("%q has a command without a name", output)
			}
		}
	})
}

func TestMakeUnit(t *testing.T) {
	t.Parallel()
	p := listedPackage{ImportPath: "p", Dir: "/src/p", GoFiles: []string{"a.go", "b.go"}, Imports: []string{"x"}, ImportMap: map[string]string{"x": "vendor/x"}}
	files := map[string]string{"$WORK/b002/importcfg": "# import config\npackagefile q=$WORK/b003/_pkg_.a\n"}
	compile := func(further ...string) command {
		argv := []string{"/go/compile", "-o", "$WORK/b002/_pkg_.a", "-importcfg", "$WORK/b002/importcfg", "-pack"}
		return command{pkg: "p", argv: append(argv, further...)}
	}
	sources := []string{"/src/p/a.go", "/src/p/b.go"}
	for _, tt := range []struct {
		name     string
		commands []command
		awkward  string
		imports  []string
	}{
		{"only Go", []command{compile(sources...)}, "", []string{"q"}},
		{"assembly too", []command{{argv: []string{"/go/asm"}}, compile(sources...)}, "needs more than the compiler", []string{"vendor/x"}},
		{"nothing", nil, "needs more than the compiler", []string{"vendor/x"}},
		{"another tool", []command{{argv: []string{"/wrap", "/go/compile"}}}, "needs more than the compiler", []string{"vendor/x"}},
		{"a profile of another step", []command{compile(append([]string{"-pgoprofile=$WORK/b010/p"}, sources...)...)},
			"is compiled with files that other steps make", []string{"q"}},
		{"other files", []command{compile("/src/p/a.go", "/src/p/c.go")}, "is not compiled from the files that go list names", []string{"q"}},
		{"fewer files", []command{compile("/src/p/b.go")}, "is not compiled from the files that go list names", []string{"q"}},
		{"an unknown import configuration", []command{{argv: append([]string{"/go/compile", "-importcfg", "elsewhere", "-pack"}, sources...)}},
			"is compiled in an unknown way", nil},
	} {
		u := makeUnit(p, tt.commands, files)
		if u.awkward != tt.awkward || !cmp.Equal(u.imports.packages, tt.imports) || !cmp.Equal(u.sources, sources) {
			t.Errorf("%s: awkward %q, imports %q, sources %q; want %q, %q, %q", tt.name, u.awkward, u.imports.packages, u.sources, tt.awkward, tt.imports, sources)
		}
	}
}

func TestImporters(t *testing.T) {
	t.Parallel()
	s := steps{}
	for _, line := range []string{"a", "b a", "c", "d b c", "e c"} {
		fields := strings.Fields(line)
		s.units = append(s.units, unit{pkg: fields[0], imports: importConfig{packages: fields[1:]}})
	}
	for _, tt := range []struct{ changed, want string }{
		{"a", "a b d"}, {"c", "c d e"}, {"e", "e"}, {"b e", "b d e"}, {"", ""},
	} {
		changed := map[string]bool{}
		for _, pkg := range strings.Fields(tt.changed) {
			changed[pkg] = true
		}
		var got []string
		for _, u := range s.importers(changed) {
			got = append(got, u.pkg)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s affects %q, want %s", tt.changed, got, tt.want)
		}
	}
}
