package config

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAppEnv(t *testing.T) {
	t.Parallel()
	base := []string{"PATH=/bin", "SHARED=shell", "EMPTY="}
	files := []EnvFile{
		{"/p/.env", []byte("A=1\nSHARED=file\nEMPTY=file\nURL=\"pg://$A\"\n# comment\nexport B='x y'\n")},
		{"/p/.env.local", []byte("A=2\r\nC: yaml\r\n")},
	}
	got, err := AppEnv(base, files)
	want := []string{"PATH=/bin", "SHARED=shell", "EMPTY=", "A=2", "B=x y", "C=yaml", "URL=pg://1"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("AppEnv: %v (-want +got):\n%s", err, diff)
	}
	if len(base) != 3 {
		t.Errorf("AppEnv changed its argument: %q", base)
	}
}

func TestAppEnvErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		line       int
	}{
		{"no equals sign", "A=1\nsecret word\nB=2\n", 2},
		{"bare name", "A=1\n\nB\nC=1\n", 3},
		{"open quote", "A=1\nKEY=\"-----BEGIN\nabc\n", 2},
		{"after several lines", "KEY=\"a\nb\"\n-x=1\n", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := AppEnv(nil, []EnvFile{{"/p/.env", []byte(tt.text)}})
			var e *Error
			if !errors.As(err, &e) || e.File != "/p/.env" || e.Line != tt.line {
				t.Fatalf("AppEnv = %#v, want an error in line %d", err, tt.line)
			}
			if len(e.Excerpt) > 0 || strings.Contains(e.Error(), "secret") || strings.Contains(e.Error(), "BEGIN") {
				t.Errorf("error shows what is in the file: %v %v", e, e.Excerpt)
			}
		})
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

func FuzzAppEnv(f *testing.F) {
	for _, seed := range []string{"A=1\n", "export A = 'x'\n", "A=\"", "A", "=", "A=$A", "\x00=1", "A=\"\\", "export", "A: b\r\n", "A=1 # x", "é=1"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		env, err := AppEnv([]string{"KEEP=1"}, []EnvFile{{"/.env", data}})
		var e *Error
		switch {
		case err == nil:
			for _, entry := range env {
				if i := strings.IndexByte(entry, '='); i < 1 || strings.ContainsRune(entry, 0) {
					t.Fatalf("entry %q cannot be given to a process", entry)
				}
			}
		case !errors.As(err, &e) || e.Line < 1 || e.Line > strings.Count(string(data), "\n")+1:
			t.Fatalf("AppEnv = %#v", err)
		}
	})
}
