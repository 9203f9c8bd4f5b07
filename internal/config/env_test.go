package config

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// appEnv writes the files and returns the environment that they add to base.
func appEnv(t *testing.T, base []string, files ...string) (env []string, notes []Note) {
	t.Helper()
	c := Default()
	c.Root, c.App.EnvFiles = t.TempDir(), nil
	for i, text := range files {
		path := filepath.Join(c.Root, fmt.Sprintf("%d.env", i+1))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c.App.EnvFiles = append(c.App.EnvFiles, path)
	}
	return c.AppEnv(base)
}

func TestAppEnv(t *testing.T) {
	t.Parallel()
	base := []string{"PATH=/bin", "SHARED=shell", "EMPTY="}
	got, notes := appEnv(t, base,
		"A=1\nSHARED=file\nEMPTY=file\nURL=\"pg://$A\"\n# comment\nexport B='x y'\n",
		"A=2\r\nC: yaml\r\nBOTH=${A}${B}$SHARED")
	want := []string{"PATH=/bin", "SHARED=shell", "EMPTY=", "A=2", "B=x y", "BOTH=2x yshell", "C=yaml", "URL=pg://1"}
	if diff := cmp.Diff(want, got); diff != "" || len(notes) > 0 {
		t.Errorf("AppEnv: notes %v, (-want +got):\n%s", notes, diff)
	}
	if len(base) != 3 {
		t.Errorf("AppEnv changed its argument: %q", base)
	}
}

// TestEnvFileValues has what real files hold. Node reads them by
// util.parseEnv, godotenv is what Go programs use; where they do not agree with
// us the last column says why.
func TestEnvFileValues(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       map[string]string
		differs    string // which of "node" and "godotenv" read something else, and why that is not followed
	}{
		{"bcrypt", "A=$2y$12$1SK0b68aiyglJw", map[string]string{"A": "$2y$12$1SK0b68aiyglJw"}, "godotenv expands $2 to nothing"},
		{"bcrypt in double quotes", `A="$2a$10$N9qo8uLOickgx2"`, map[string]string{"A": "$2a$10$N9qo8uLOickgx2"}, "godotenv expands $2 to nothing"},
		{"password", "A=pa$word$2b$10x", map[string]string{"A": "pa$word$2b$10x"}, "godotenv"},
		{"argon2", "A=$argon2id$v=19$m=65536,t=3,p=4$c29t$RdesL", map[string]string{"A": "$argon2id$v=19$m=65536,t=3,p=4$c29t$RdesL"}, "godotenv"},
		{"dollars", "A=a$\nB=$$\nC=${\nD=${}\nE=$(pwd)\nF=${X:-1}", map[string]string{"A": "a$", "B": "$$", "C": "${", "D": "${}", "E": "$(pwd)", "F": "${X:-1}"}, "godotenv"},
		{"known names", "A=1\nB=$A\nC=${A}x\nD=\"$A\"\nE='$A'\nF=$Ab", map[string]string{"A": "1", "B": "1", "C": "1x", "D": "1", "E": "$A", "F": "$Ab"}, "node expands nothing"},
		{"names set below", "A=$B\nB=1", map[string]string{"A": "$B", "B": "1"}, "godotenv expands unknown names to nothing"},
		{"escaped", `A=1` + "\n" + `B=\$A` + "\n" + `C="\$A"`, map[string]string{"A": "1", "B": "$A", "C": "$A"}, "node"},
		{"byte order mark", "\xef\xbb\xbfA=1\n", map[string]string{"A": "1"}, "node and godotenv take it for a part of the name"},
		{"UTF-16", "\xff\xfeA\x00=\x00\xe9\x00\r\x00\n\x00B\x00=\x002\x00", map[string]string{"A": "é", "B": "2"}, "node and godotenv read UTF-8 alone"},
		{"UTF-16, big end first", "\xfe\xff\x00A\x00=\x001", map[string]string{"A": "1"}, "node and godotenv"},
		{"line ends of Windows", "A=1\r\nB=\"x\r\ny\"\r\nC=\r\n", map[string]string{"A": "1", "B": "x\ny", "C": ""}, ""},
		{"line ends of old", "A=1\rB=2\r", map[string]string{"A": "1", "B": "2"}, "node"},
		{"bare names", "A\nexport B\nC # from the shell\nD=1", map[string]string{"D": "1"}, "node and godotenv make names of them"},
		{"other names", "MY-VAR=1\nmy.var=2\n1A=3\n-x=4", map[string]string{"MY-VAR": "1", "my.var": "2", "1A": "3", "-x": "4"}, "godotenv refuses the file"},
		{"comments", "A=1 # x # y\nB=#fff\nC=a#b\nD='x' # y\nE=\"x\"#y\nF= # none\n  # B=1\nG=http://x/#/y", map[string]string{"A": "1", "B": "#fff", "C": "a#b", "D": "x", "E": "x", "F": "", "G": "http://x/#/y"}, "node ends a bare value at any #"},
		{"blanks", " A = 1 \n  B  =  2\nC=x y\nD=\"  x \"", map[string]string{"A": "1", "B": "2", "C": "x y", "D": "  x "}, ""},
		{"equals signs", "A==x\nB=a=b==", map[string]string{"A": "=x", "B": "a=b=="}, ""},
		{"YAML", "A: b=c\nB:\nC: \"x\"\nURL=http://x", map[string]string{"A": "b=c", "B": "", "C": "x", "URL": "http://x"}, "node"},
		{"key of several lines", "A=\"-----BEGIN\nab+/=\n-----END\"\nB=1", map[string]string{"A": "-----BEGIN\nab+/=\n-----END", "B": "1"}, ""},
		{"backticks", "A=`it's \"x\"\n$B`\nB=1", map[string]string{"A": "it's \"x\"\n$B", "B": "1"}, "godotenv knows no backticks"},
		{"escapes", `A="a\nb\rc\"d\\e\tf\d"`, map[string]string{"A": "a\nb\rc\"d\\e\\tf\\d"}, "node and godotenv have fewer, or drop other backslashes"},
		{"no escapes", `A='a\nb'` + "\n" + `B=a\nb` + "\n" + `C=\\srv\dir`, map[string]string{"A": `a\nb`, "B": `a\nb`, "C": `\\srv\dir`}, ""},
		{"directories of Windows", `A='C:\dir\'` + "\n" + `B="C:\dir\"` + "\n" + `C='x'`, map[string]string{"A": `C:\dir\`, "B": `C:\dir\`, "C": "x"}, "node and godotenv"},
		{"JSON", `A={"a":"b","c":[1]}` + "\n" + `B='{"a":"b"}'`, map[string]string{"A": `{"a":"b","c":[1]}`, "B": `{"a":"b"}`}, ""},
		{"last wins", "A=1\nA=2", map[string]string{"A": "2"}, ""},
		{"bytes that are no UTF-8", "A=\xff\xe9", map[string]string{"A": "\xff\xe9"}, "node"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env, notes := appEnv(t, nil, tt.text)
			if diff := cmp.Diff(tt.want, envMap(env)); diff != "" || len(notes) > 0 {
				t.Errorf("AppEnv(%q): notes %v, (-want +got):\n%s", tt.text, notes, diff)
			}
			if strings.Contains(tt.differs, "node") {
				return
			}
			if theirs, ok := nodeEnv(t, tt.text); ok && !cmp.Equal(theirs, tt.want) {
				t.Errorf("Node reads %v, and nothing here says why we do not", theirs)
			}
		})
	}
}

// nodeEnv reads text as Node does; ok is false where there is no Node.
func nodeEnv(t *testing.T, text string) (vars map[string]string, ok bool) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, false
	}
	cmd := exec.Command(node, "-e", `process.stdout.write(JSON.stringify(require("util").parseEnv(require("fs").readFileSync(0, "utf8"))))`)
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.Output()
	if err != nil || json.Unmarshal(out, &vars) != nil {
		return nil, false // before Node 20.12
	}
	return vars, true
}

func TestStrangeEnvFiles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		lines      []int // that cause a remark
		want       map[string]string
	}{
		{"words", "A=1\nsecret word\nB=2\n", []int{2}, map[string]string{"A": "1", "B": "2"}},
		{"no name", "A=1\n=secret\nB=2", []int{2}, map[string]string{"A": "1", "B": "2"}},
		{"a name of two words", "A=1\nset secret=2", []int{2}, map[string]string{"A": "1"}},
		{"open quote", "A=1\nKEY=\"secret\nB=2\n", []int{2}, map[string]string{"A": "1", "KEY": "\"secret", "B": "2"}},
		{"apostrophe", "A='tis secret\nB='x'\n", []int{1}, map[string]string{"A": "'tis secret", "B": "x"}},
		{"text after the quote", "A=\"x\" secret\nB=2", []int{1}, map[string]string{"A": "\"x\" secret", "B": "2"}},
		{"after several lines", "KEY=\"a\nb\"\n[secret]\nB=2", []int{3}, map[string]string{"KEY": "a\nb", "B": "2"}},
		{"conflict", "<<<<<<< HEAD\nA=1\n=======\nA=2\n>>>>>>> secret\n", []int{1, 3, 5}, map[string]string{"A": "2"}},
		{"NUL bytes", "A=1\nB=sec\x00ret\nC=\x00\nD=2", []int{2}, map[string]string{"A": "1", "D": "2"}},
		{"no env file at all", "{\n  \"a b\": 1,\n  \"secret\": 2,\n  \"c\": 3\n}\n", []int{1, 2, 3}, map[string]string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env, notes := appEnv(t, nil, tt.text)
			if diff := cmp.Diff(tt.want, envMap(env)); diff != "" {
				t.Errorf("AppEnv (-want +got):\n%s", diff)
			}
			var lines []int
			for _, n := range notes {
				var line int
				if _, err := fmt.Sscanf(n.Text, "1.env:%d: ", &line); err != nil || strings.Contains(n.Text+n.Hint, "secret") {
					t.Errorf("note %q names no line, or shows what is in the file", n)
				}
				lines = append(lines, line)
			}
			if !slices.Equal(lines, tt.lines) {
				t.Errorf("notes are about lines %v, want %v: %v", lines, tt.lines, notes)
			}
		})
	}
}

// TestEnvFileThatCannotBeRead has a directory called .env, as Python's virtual
// environments are.
func TestEnvFileThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{".env/pyvenv.cfg": "", ".env.local": "PORT=4001\n"})
	c := load(t, Options{Cwd: dir})
	env, notes := c.AppEnv(nil)
	if !slices.Equal(env, []string{"PORT=4001"}) || len(notes) != 1 || !strings.Contains(notes[0].Text, "the env file .env is left out: is a directory") {
		t.Errorf("AppEnv = %q, %v", env, notes)
	}
	if c.Server.Port != 4001 {
		t.Errorf("port %d, want that of .env.local", c.Server.Port)
	}
}

// TestEnvFaultsAreExplainedOnce keeps the hint from being repeated below each line.
func TestEnvFaultsAreExplainedOnce(t *testing.T) {
	t.Parallel()
	c := load(t, Options{Cwd: tree(t, map[string]string{".env": "a b c\nA=1\nd e f\ng h\ni j\n"})})
	_, notes := c.AppEnv(nil)
	want := []string{".env:1: not NAME=value; skipped", ".env:3: not NAME=value; skipped", ".env:4: not NAME=value; skipped; 1 more lines below it are skipped as well"}
	for i, note := range notes {
		if i >= len(want) || note.Text != want[i] || (note.Hint != "") != (i == 0) {
			t.Errorf("note %d: %+v", i+1, note)
		}
	}
	if len(notes) != len(want) {
		t.Errorf("%d notes, want %d", len(notes), len(want))
	}
}

func TestPublicAddress(t *testing.T) {
	t.Parallel()
	type address struct {
		Host   string
		Port   int
		Strict bool
		From   string // of the port
		Notes  int
	}
	for _, tt := range []struct {
		name, toml, dotenv string
		env                []string
		want               address
	}{
		{"nothing", "", "", nil, address{"localhost", 3000, false, "default", 0}},
		{"environment", "", "PORT=4001\n", []string{"PORT=4000"}, address{"localhost", 4000, true, "PORT", 0}},
		{"env file", "", "PORT=4001\n", nil, address{"localhost", 4001, true, "PORT in .env", 0}},
		{"config wins", "[server]\nport = 4002\n", "PORT=4001\n", []string{"PORT=4000"}, address{"localhost", 4002, true, "devtool.toml:2", 0}},
		{"variable wins", "[server]\nport = 4002\n", "", []string{"DEVTOOL_SERVER_PORT=4003"}, address{"localhost", 4003, true, "DEVTOOL_SERVER_PORT", 0}},
		{"any port is not strict", "[server]\nport = 0\n", "", nil, address{"localhost", 0, false, "devtool.toml:2", 0}},
		{"told not to be strict", "[server]\nport = 4002\nstrict_port = false\n", "", nil, address{"localhost", 4002, false, "devtool.toml:2", 0}},
		{"told to be strict", "[server]\nstrict_port = true\n", "", nil, address{"localhost", 3000, true, "default", 0}},
		{"no number", "", "", []string{"PORT=tcp://10.0.0.1:80"}, address{"localhost", 3000, false, "default", 1}},
		{"port 0 of the environment", "", "", []string{"PORT=0"}, address{"localhost", 3000, false, "default", 1}},
		{"an address", "", "HOST=127.0.0.2\n", nil, address{"127.0.0.2", 3000, false, "default", 0}},
		{"a machine's name", "", "", []string{"HOST=macbook.local"}, address{"localhost", 3000, false, "default", 1}},
		{"every network", "", "HOST=0.0.0.0\n", nil, address{"localhost", 3000, false, "default", 1}},
		{"every network, v6", "", "", []string{"HOST=::"}, address{"localhost", 3000, false, "default", 1}},
		{"every network, mapped", "", "", []string{"HOST=::ffff:0.0.0.0"}, address{"localhost", 3000, false, "default", 1}},
		{"every network, asked for", "[server]\nhost = \"0.0.0.0\"\n", "HOST=127.0.0.2\n", nil, address{"0.0.0.0", 3000, false, "default", 0}},
		{"other env files", "[app]\nenv_files = [\"dev.env\"]\n", "PORT=4001\n", nil, address{"localhost", 3000, false, "default", 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, map[string]string{fileName: tt.toml, ".env": tt.dotenv})
			c := load(t, Options{Cwd: dir, Env: tt.env})
			from := strings.TrimPrefix(c.Origin("server.port").String(), dir+string(filepath.Separator))
			got := address{c.Server.Host, c.Server.Port, c.Server.StrictPort, from, len(c.Notes)}
			if got != tt.want {
				t.Errorf("address = %+v, want %+v; notes %+v", got, tt.want, c.Notes)
			}
		})
	}
}

func FuzzEnvFile(f *testing.F) {
	for _, seed := range []string{"A=1\n", "export A = 'x'\n", "A=\"", "A", "=", "A=$A", "\x00=1", "A=\"\\", "export", "A: b\r\n", "A=1 # x", "é=1",
		"A='\\'", "A=`\n`", "\xff\xfeA", "A=${A}$B\\$A\nB=$A"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		none := func(string) (string, bool) { return "", false }
		vars, faults := parseEnvFile(data, nil, none)
		for name, value := range vars {
			if name == "" || strings.ContainsAny(name, "=\x00 \n") || strings.ContainsRune(value, 0) {
				t.Fatalf("%q=%q cannot be given to a process", name, value)
			}
		}
		lines := strings.Count(plainText(data), "\n") + 1
		for i, f := range faults {
			if f.line < 1 || f.line > lines || i > 0 && f.line <= faults[i-1].line {
				t.Fatalf("fault in line %d of %d: %v", f.line, lines, faults)
			}
		}
		// A value of one line that nothing is special in stands for itself.
		value := string(data)
		if value == "" || strings.ContainsAny(value, "\"'`#\\ \t\v\f\r\n\x00") {
			return
		}
		if vars, faults := parseEnvFile([]byte("A="+value), nil, none); vars["A"] != value || len(faults) > 0 {
			t.Fatalf("A=%s is read as %q, %v", value, vars, faults)
		}
	})
}

func TestPageEnv(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	files := map[string]string{
		".env":                 "VITE_A=root\nVITE_B=root\nSECRET=x\n",
		"web/package.json":     "{}",
		"web/.env":             "VITE_B=web\nVITE_C=web\nVITE_D=web\nVITE_E=web\nSECRET=y\n",
		"web/.env.local":       "VITE_C=local\n",
		"web/.env.production":  "VITE_D=production of $VITE_C\n",
		"web/.env.development": "VITE_D=development\n",
		"web/src/.env":         "VITE_A=too deep\n",
	}
	for name, text := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, web := range map[string]Web{
		"found":   {Dir: filepath.Join(root, "web")},
		"written": {EntryPoints: []string{filepath.Join(root, "web", "src", "main.ts")}},
	} {
		c := &Config{Root: root, Web: web}
		got, read := c.PageEnv([]string{"VITE_E=exported", "HOME=/"}, "production")
		want := map[string]string{"VITE_A": "root", "VITE_B": "web", "VITE_C": "local", "VITE_D": "production of local", "VITE_E": "exported"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if len(read) != 8 || read[7] != filepath.Join(root, "web", ".env.production.local") {
			t.Errorf("%s: reads %q", name, read)
		}
	}
}

// A secret that pages would see is warned of.
func TestSecretsOfPages(t *testing.T) {
	t.Parallel()
	c := &Config{Root: t.TempDir(), Web: Web{EntryPoints: []string{"main.ts"}, EnvPrefix: []string{"VITE_", "APP_"}}}
	notes := c.PageEnvNotes([]string{"VITE_API=x", "VITE_SECRET_KEY=x", "APP_DB_PASSWORD=x", "DB_PASSWORD=x", "VITE_TITLE=secret"}, "development")
	if len(notes) != 2 || !strings.HasPrefix(notes[0].Text, "APP_DB_PASSWORD looks like a secret") || !strings.HasPrefix(notes[1].Text, "VITE_SECRET_KEY ") {
		t.Errorf("notes %+v", notes)
	}
}
