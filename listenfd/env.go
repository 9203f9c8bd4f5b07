package listenfd

import (
	"fmt"
	"strconv"
	"strings"
)

// The variables of the protocol.
const (
	EnvFDs     = "LISTEN_FDS"          // how many descriptors were passed
	EnvPID     = "LISTEN_PID"          // the process they are meant for
	EnvNames   = "LISTEN_FDNAMES"      // their names, separated by colons
	EnvFirstFD = "LISTEN_FDS_FIRST_FD" // the first descriptor, if it is not FirstFD
	envPIDFDID = "LISTEN_PIDFDID"      // newer systemd: a second proof beside LISTEN_PID
)

// FirstFD is the number of the first descriptor passed: 0, 1 and 2 are taken.
const FirstFD = 3

// unnamed is what systemd calls a descriptor without a name.
const unnamed = "unknown"

// maxFDs keeps a nonsensical count from costing a system call each.
const maxFDs = 1024

// variables returns all that the protocol may have put into the environment.
func variables() []string {
	return []string{EnvFDs, EnvPID, EnvNames, EnvFirstFD, envPIDFDID}
}

// passed is what the environment claims.
type passed struct {
	first int
	names []string // one for each descriptor
}

// parseEnv reads the claim meant for process pid. No claim is not an error.
func parseEnv(getenv func(string) string, pid int) (passed, error) {
	claim := getenv(EnvFDs)
	if claim == "" {
		return passed{}, nil
	}
	if meant := getenv(EnvPID); meant != "" && meant != strconv.Itoa(pid) {
		return passed{}, fmt.Errorf("%s is %q, but this is process %d: the sockets are meant for another process", EnvPID, meant, pid)
	}
	count, err := strconv.Atoi(claim)
	if err != nil || count < 0 || count > maxFDs {
		return passed{}, fmt.Errorf("%s is %q, not a number from 0 to %d", EnvFDs, claim, maxFDs)
	}
	first := FirstFD
	if moved := getenv(EnvFirstFD); moved != "" {
		first, err = strconv.Atoi(moved)
		if err != nil || first < FirstFD || first > 1<<20 {
			return passed{}, fmt.Errorf("%s is %q, not a descriptor from %d up", EnvFirstFD, moved, FirstFD)
		}
	}
	return passed{first: first, names: parseNames(getenv(EnvNames), count)}, nil
}

// parseNames gives each of count descriptors a name. Too few or too many names
// do no harm to those that are there.
func parseNames(list string, count int) []string {
	names := make([]string, count)
	given := strings.Split(list, ":")
	for i := range names {
		names[i] = unnamed
		if i < len(given) && given[i] != "" {
			names[i] = given[i]
		}
	}
	return names
}
