package process

import (
	"slices"
	"testing"
)

func TestEnviron(t *testing.T) {
	t.Parallel()
	all := Vars{Port: 4000, URL: "http://localhost:3000", Manifest: "/tmp/m.json", Build: 7, Color: true, Sockets: []string{"http", "admin"}, Notify: "/tmp/n"}
	for _, test := range []struct {
		name      string
		base, own []string
		vars      Vars
		want      []string
	}{
		{"nothing to tell", []string{"A=1"}, nil, Vars{}, []string{"A=1", "DEV_MODE=1"}},
		{"everything", nil, nil, all, []string{
			"DEV_MODE=1", "HOST=127.0.0.1", "PORT=4000", "FORCE_COLOR=1", "CLICOLOR_FORCE=1",
			"DEVTOOL_URL=http://localhost:3000", "DEVTOOL_MANIFEST=/tmp/m.json", "DEVTOOL_BUILD=7",
			"LISTEN_FDS=2", "LISTEN_FDNAMES=http:admin", "NOTIFY_SOCKET=/tmp/n"}},
		{"our supervisor's variables end here",
			[]string{"LISTEN_FDS=1", "LISTEN_PID=9", "LISTEN_FDNAMES=x", "LISTEN_FDS_FIRST_FD=5", "NOTIFY_SOCKET=/run/s", "WATCHDOG_PID=9", "LISTEN=stays"},
			nil, Vars{}, []string{"LISTEN=stays", "DEV_MODE=1"}},
		{"each name once, the app's own value wins",
			[]string{"PORT=1", "A=old", "PORT=2"}, []string{"A=new", "HOST=::1", "PORT=9"}, Vars{Port: 4000},
			[]string{"DEV_MODE=1", "A=new", "HOST=::1", "PORT=9"}},
		{"the app cannot forge a socket or our variables",
			nil, []string{"LISTEN_FDS=3", "LISTEN_PID=1", "DEVTOOL_BUILD=9"}, Vars{Build: 2},
			[]string{"DEV_MODE=1", "DEVTOOL_BUILD=2"}},
		{"the app's own values expand, inherited ones do not",
			[]string{"PS1=${PORT}"}, []string{"GOTIFY_SERVER_PORT=${PORT}", "SELF=${DEVTOOL_URL}/x?a=b"}, Vars{Port: 4000, URL: "http://h"},
			[]string{"PS1=${PORT}", "DEV_MODE=1", "HOST=127.0.0.1", "PORT=4000", "GOTIFY_SERVER_PORT=4000", "SELF=http://h/x?a=b", "DEVTOOL_URL=http://h"}},
		{"a user who wants no colour gets none", []string{"NO_COLOR=1"}, nil, Vars{Color: true}, []string{"NO_COLOR=1", "DEV_MODE=1"}},
	} {
		if got := Environ(test.base, test.vars, test.own); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", test.name, got, test.want)
		}
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in, want string
		vars     Vars
	}{
		{"--http=${HOST}:${PORT}", "--http=127.0.0.1:80", Vars{Port: 80}},
		{"${DEVTOOL_URL}/a", "http://x/a", Vars{URL: "http://x"}},
		{"$PORT ${HOME} $${PORT}", "$PORT ${HOME} $80", Vars{Port: 80}},
		{"${PORT} on ${HOST}", "${PORT} on ${HOST}", Vars{}},
	} {
		if got := test.vars.Expand(test.in); got != test.want {
			t.Errorf("Expand(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}
