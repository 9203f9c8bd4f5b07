package socket

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Holder tells which program listens on a TCP port of this machine, at any
// address. ok is false if none does or if it belongs to another user. Of
// several that share the socket it is the one with the lowest pid, usually
// the parent.
func Holder(port int) (name string, pid int, ok bool) {
	var inodes []string
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		content, err := os.ReadFile(table)
		if err == nil {
			inodes = append(inodes, listeningInodes(string(content), port)...)
		}
	}
	if len(inodes) == 0 {
		return "", 0, false
	}
	for _, pid := range pids() {
		if !holdsSocket(pid, inodes) {
			continue
		}
		comm, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "comm"))
		if err != nil {
			continue // it ended meanwhile
		}
		return strings.TrimSpace(string(comm)), pid, true
	}
	return "", 0, false
}

// listeningInodes reads a table in the format of /proc/net/tcp.
func listeningInodes(table string, port int) []string {
	const listening = "0A"
	suffix := ":" + strings.ToUpper(strconv.FormatInt(0x10000+int64(port), 16)[1:])
	var inodes []string
	for line := range strings.Lines(table) {
		// sl local_address rem_address st queues timer retrnsmt uid timeout inode
		fields := strings.Fields(line)
		if len(fields) > 9 && fields[3] == listening && strings.HasSuffix(fields[1], suffix) {
			inodes = append(inodes, fields[9])
		}
	}
	return inodes
}

func pids() []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

func holdsSocket(pid int, inodes []string) bool {
	dir := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false // another user's, or gone
	}
	for _, entry := range entries {
		link, err := os.Readlink(filepath.Join(dir, entry.Name()))
		if err != nil {
			continue
		}
		inode, isSocket := strings.CutPrefix(link, "socket:[")
		if isSocket && slices.Contains(inodes, strings.TrimSuffix(inode, "]")) {
			return true
		}
	}
	return false
}
