package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// usage is what a process takes from the system.
type usage struct {
	files   int
	threads int
	memory  int // KiB that are resident
}

func (u usage) String() string {
	return fmt.Sprintf("%d descriptors, %d threads, %d MiB", u.files, u.threads, u.memory>>10)
}

// usageOf reads zeros for a process that is gone.
func usageOf(pid int) usage {
	var u usage
	fds, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	u.files = len(fds)
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(status)) {
		_, _ = fmt.Sscanf(line, "VmRSS: %d kB", &u.memory)
		_, _ = fmt.Sscanf(line, "Threads: %d", &u.threads)
	}
	return u
}

// processesIn lists what runs in a directory.
func processesIn(dir string) []string {
	var found []string
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		cwd, err := os.Readlink(link)
		if err == nil && (cwd == dir || strings.HasPrefix(cwd, dir+"/")) {
			command, _ := os.ReadFile(filepath.Join(filepath.Dir(link), "cmdline"))
			found = append(found, strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return found
}
