package listenfd

import (
	"slices"
	"strings"
	"testing"
)

func TestParseEnv(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		env     map[string]string
		first   int
		names   []string
		wantErr string
	}{
		{name: "nothing passed"},
		{name: "empty count", env: map[string]string{EnvFDs: ""}},
		{name: "no pid is accepted", env: map[string]string{EnvFDs: "1"}, first: 3, names: []string{"unknown"}},
		{name: "empty pid is accepted", env: map[string]string{EnvFDs: "1", EnvPID: ""}, first: 3, names: []string{"unknown"}},
		{name: "own pid", env: map[string]string{EnvFDs: "2", EnvPID: "42"}, first: 3, names: []string{"unknown", "unknown"}},
		{name: "names", env: map[string]string{EnvFDs: "2", EnvNames: "http:admin"}, first: 3, names: []string{"http", "admin"}},
		{name: "too few names", env: map[string]string{EnvFDs: "3", EnvNames: "http::"}, first: 3, names: []string{"http", "unknown", "unknown"}},
		{name: "too many names", env: map[string]string{EnvFDs: "1", EnvNames: "http:admin"}, first: 3, names: []string{"http"}},
		{name: "first descriptor moved", env: map[string]string{EnvFDs: "1", EnvFirstFD: "7"}, first: 7, names: []string{"unknown"}},
		{name: "none passed", env: map[string]string{EnvFDs: "0"}, first: 3},
		{name: "another process", env: map[string]string{EnvFDs: "1", EnvPID: "41"}, wantErr: `LISTEN_PID is "41", but this is process 42`},
		{name: "pid is no number", env: map[string]string{EnvFDs: "1", EnvPID: "me"}, wantErr: "LISTEN_PID"},
		{name: "count is no number", env: map[string]string{EnvFDs: "one"}, wantErr: `LISTEN_FDS is "one"`},
		{name: "negative count", env: map[string]string{EnvFDs: "-1"}, wantErr: "LISTEN_FDS"},
		{name: "count beyond reason", env: map[string]string{EnvFDs: "100000"}, wantErr: "LISTEN_FDS"},
		{name: "first descriptor is stderr", env: map[string]string{EnvFDs: "1", EnvFirstFD: "2"}, wantErr: "LISTEN_FDS_FIRST_FD"},
		{name: "first descriptor is no number", env: map[string]string{EnvFDs: "1", EnvFirstFD: "x"}, wantErr: "LISTEN_FDS_FIRST_FD"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseEnv(func(name string) string { return test.env[name] }, 42)
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Fatalf("parseEnv(%v) = %v, %v; want error with %q", test.env, got, err, test.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatalf("parseEnv(%v): %v", test.env, err)
			}
			if got.first != test.first || !slices.Equal(got.names, test.names) {
				t.Errorf("parseEnv(%v) = %+v, want first %d, names %q", test.env, got, test.first, test.names)
			}
		})
	}
}

func FuzzParseEnv(f *testing.F) {
	f.Add("1", "42", "http", "3")
	f.Add("2", "", "a:b:c", "")
	f.Add("-1", "x", ":::", "99999999999999999999")
	f.Add("1024", "42", "", "1048576")
	f.Fuzz(func(t *testing.T, fds, pid, names, first string) {
		env := map[string]string{EnvFDs: fds, EnvPID: pid, EnvNames: names, EnvFirstFD: first}
		got, err := parseEnv(func(name string) string { return env[name] }, 42)
		if err != nil {
			if len(got.names) > 0 {
				t.Fatalf("%q: refused with %v, yet %d descriptors", env, err, len(got.names))
			}
			return
		}
		if len(got.names) > maxFDs || len(got.names) > 0 && got.first < FirstFD {
			t.Fatalf("%q: %d descriptors from %d", env, len(got.names), got.first)
		}
		for _, name := range got.names {
			if name == "" || strings.Contains(name, ":") {
				t.Fatalf("%q: name %q", env, name)
			}
		}
	})
}

func TestServes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind     kind
		networks []string // all that it serves
	}{
		{kind{"tcp4", true}, []string{"tcp", "tcp4"}},
		{kind{"tcp6", true}, []string{"tcp", "tcp6"}},
		{kind{"tcp4", false}, nil},
		{kind{"udp4", false}, []string{"udp", "udp4"}},
		{kind{"udp6", false}, []string{"udp", "udp6"}},
		{kind{"unix", true}, []string{"unix"}},
		{kind{"unix", false}, nil},
		{kind{"unixgram", false}, []string{"unixgram"}},
		{kind{"unixpacket", true}, []string{"unixpacket"}},
		{kind{}, nil},
	}
	all := []string{"tcp", "tcp4", "tcp6", "udp", "udp4", "udp6", "unix", "unixgram", "unixpacket"}
	for _, test := range tests {
		for _, network := range all {
			if got, want := test.kind.serves(network), slices.Contains(test.networks, network); got != want {
				t.Errorf("%+v.serves(%q) = %v, want %v", test.kind, network, got, want)
			}
		}
	}
}
