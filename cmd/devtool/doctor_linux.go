package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Limits below which a large project runs out. Those of the systems that people
// use today are far above.
const (
	fewWatches   = 65536
	fewInstances = 128
)

// checkWatches is about the kernel's limits of inotify.
func checkWatches() []finding {
	watches, instances := inotifyLimit("max_user_watches"), inotifyLimit("max_user_instances")
	switch {
	case watches == 0: // not to be told, in some containers
		return nil
	case watches < fewWatches:
		return []finding{{"watches", caution, fmt.Sprintf("inotify allows %d watches; what is beyond is polled", watches),
			"sudo sysctl fs.inotify.max_user_watches=524288 (in /etc/sysctl.d to keep it)"}}
	case instances < fewInstances:
		return []finding{{"watches", caution, fmt.Sprintf("inotify allows %d instances", instances),
			"sudo sysctl fs.inotify.max_user_instances=1024 (in /etc/sysctl.d to keep it)"}}
	}
	return []finding{{"watches", fine, fmt.Sprintf("inotify allows %d watches", watches), ""}}
}

func inotifyLimit(name string) int {
	text, err := os.ReadFile("/proc/sys/fs/inotify/" + name)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return n
}

// orphans are processes of ours that run a binary which a devtool built, and
// whose parent is gone.
func orphans() []string {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	var pids []string
	for _, dir := range dirs {
		exe, err := os.Readlink(filepath.Join(dir, "exe"))
		if err != nil || !strings.HasPrefix(exe, filepath.Join(os.TempDir(), "devtool-")) {
			continue
		}
		stat, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			continue
		}
		// The name, in parentheses, may have blanks; state and parent follow it.
		rest := string(stat)[strings.LastIndex(string(stat), ")")+1:]
		if fields := strings.Fields(rest); len(fields) > 1 && fields[1] == "1" {
			pids = append(pids, filepath.Base(dir))
		}
	}
	return pids
}
