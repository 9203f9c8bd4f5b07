package editor

import (
	"os"
	"path/filepath"
	"strings"
)

// Running returns the programs that this user runs.
func Running() []string {
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		return nil
	}
	var programs []string
	for _, link := range links {
		if program, err := os.Readlink(link); err == nil { // gone meanwhile, or another user's
			// What was updated while it runs still runs.
			programs = append(programs, strings.TrimSuffix(program, " (deleted)"))
		}
	}
	return programs
}
