package process

import (
	"slices"
	"strconv"
	"strings"
)

// Names of the socket activation protocol of systemd.
const (
	listenFDs     = "LISTEN_FDS"
	listenPID     = "LISTEN_PID"
	listenFDNames = "LISTEN_FDNAMES"
	listenFirstFD = "LISTEN_FDS_FIRST_FD"
	notifyAddress = "NOTIFY_SOCKET"
)

// Vars is what an app learns from its environment. Zero fields are left out.
type Vars struct {
	Port     int      // PORT; HOST is then 127.0.0.1
	URL      string   // DEVTOOL_URL, the public URL
	Manifest string   // DEVTOOL_MANIFEST, path of the JSON asset manifest
	Build    int      // DEVTOOL_BUILD
	Color    bool     // FORCE_COLOR, CLICOLOR_FORCE: our own output is coloured
	Sockets  []string // names of the passed sockets, from file descriptor 3 on
	Notify   string   // NOTIFY_SOCKET
}

// Host is the address on which an app should listen.
const Host = "127.0.0.1"

// Environ returns the environment of an app: base, what v tells, and own, in
// which ${PORT}, ${HOST} and ${DEVTOOL_URL} are expanded. Later wins, but own
// cannot forge what only we know: the passed sockets and DEVTOOL_*. Sockets and
// a supervisor of our own are never inherited by accident.
func Environ(base []string, v Vars, own []string) []string {
	env := slices.DeleteFunc(slices.Clone(base), supervised)
	env = setenv(env, "DEV_MODE", "1")
	if v.Port != 0 {
		env = setenv(env, "HOST", Host)
		env = setenv(env, "PORT", strconv.Itoa(v.Port))
	}
	if v.Color && !has(env, "NO_COLOR") && !has(env, "FORCE_COLOR") {
		env = setenv(env, "FORCE_COLOR", "1")
		env = setenv(env, "CLICOLOR_FORCE", "1")
	}
	for _, entry := range own {
		if name, value, ok := strings.Cut(entry, "="); ok && !supervised(entry) {
			env = setenv(env, name, v.Expand(value))
		}
	}
	if v.URL != "" {
		env = setenv(env, "DEVTOOL_URL", v.URL)
	}
	if v.Manifest != "" {
		env = setenv(env, "DEVTOOL_MANIFEST", v.Manifest)
	}
	if v.Build != 0 {
		env = setenv(env, "DEVTOOL_BUILD", strconv.Itoa(v.Build))
	}
	if len(v.Sockets) > 0 {
		env = setenv(env, listenFDs, strconv.Itoa(len(v.Sockets)))
		env = setenv(env, listenFDNames, strings.Join(v.Sockets, ":"))
	}
	if v.Notify != "" {
		env = setenv(env, notifyAddress, v.Notify)
	}
	return env
}

// Expand replaces ${PORT}, ${HOST} and ${DEVTOOL_URL}. Everything else, other
// names in braces too, stays as it is: an app may expand them itself.
func (v Vars) Expand(s string) string {
	port, host := "${PORT}", "${HOST}"
	if v.Port != 0 {
		port, host = strconv.Itoa(v.Port), Host
	}
	return strings.NewReplacer("${PORT}", port, "${HOST}", host, "${DEVTOOL_URL}", v.URL).Replace(s)
}

// supervised reports whether a supervisor set an entry for one process only.
func supervised(entry string) bool {
	name, _, _ := strings.Cut(entry, "=")
	switch name {
	case listenFDs, listenPID, listenFDNames, listenFirstFD, notifyAddress, "WATCHDOG_USEC", "WATCHDOG_PID":
		return true
	}
	return false
}

func has(env []string, name string) bool {
	return slices.ContainsFunc(env, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
}

// setenv returns env with exactly one entry for name.
func setenv(env []string, name, value string) []string {
	env = slices.DeleteFunc(env, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
	return append(env, name+"="+value)
}
