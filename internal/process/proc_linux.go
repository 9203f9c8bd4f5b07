package process

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// socket is a TCP socket of our network namespace.
type socket struct {
	local     netip.AddrPort
	remote    netip.AddrPort
	inode     uint64
	listening bool
}

// listening returns the TCP sockets that listen.
func listening() []socket {
	if found, err := diagListening(); err == nil {
		return found
	}
	var found []socket // a sandbox without sock_diag
	for _, table := range tables() {
		readTable(table, func(s socket) bool {
			if s.listening {
				found = append(found, s)
			}
			return s.listening // the kernel writes those first
		})
	}
	return found
}

// connected returns the socket that is connected from local to remote.
func connected(local, remote netip.AddrPort) (inode uint64, ok bool) {
	inode, ok, err := diagBetween(local, remote)
	if err == nil {
		return inode, ok
	}
	for _, table := range tables() {
		readTable(table, func(s socket) bool {
			if s.local == local && s.remote == remote && s.inode != 0 {
				inode, ok = s.inode, true
			}
			return !ok
		})
	}
	return inode, ok
}

func tables() []string { return []string{"/proc/net/tcp", "/proc/net/tcp6"} }

// readTable calls visit for each socket until it returns false.
func readTable(path string, visit func(socket) bool) {
	f, err := os.Open(path)
	if err != nil {
		return // no IPv6, or no /proc
	}
	defer f.Close()
	parseTable(f, visit)
}

func parseTable(r io.Reader, visit func(socket) bool) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		// sl, local_address, rem_address, st, queues, tr, retrnsmt, uid, timeout, inode
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 {
			continue
		}
		local, ok := parseAddress(fields[1])
		remote, remoteOK := parseAddress(fields[2])
		inode, err := strconv.ParseUint(fields[9], 10, 64)
		if !ok || !remoteOK || err != nil {
			continue // the heading
		}
		if !visit(socket{local: local, remote: remote, inode: inode, listening: fields[3] == "0A"}) {
			return
		}
	}
}

// parseAddress reads "0100007F:0BB8": 32-bit words in the order of this machine,
// then the port.
func parseAddress(s string) (netip.AddrPort, bool) {
	host, port, ok := strings.Cut(s, ":")
	words, err := hex.DecodeString(host)
	number, portErr := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil || portErr != nil || len(words)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(words); i += 4 {
		binary.BigEndian.PutUint32(words[i:], binary.NativeEndian.Uint32(words[i:]))
	}
	ip, ok := netip.AddrFromSlice(words)
	return netip.AddrPortFrom(ip.Unmap(), uint16(number)), ok
}

// groupSockets returns the inodes of the sockets that processes of a group have open.
func groupSockets(pgid int) map[uint64]bool {
	found := map[uint64]bool{}
	for _, pid := range groupMembers(pgid) {
		dir := filepath.Join("/proc", pid, "fd")
		fds, err := os.Open(dir)
		if err != nil {
			continue // gone, or of another user
		}
		names, _ := fds.Readdirnames(-1)
		fds.Close()
		for _, name := range names {
			link, err := os.Readlink(filepath.Join(dir, name))
			if err != nil {
				continue
			}
			number, ok := strings.CutPrefix(link, "socket:[")
			if inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 64); ok && err == nil {
				found[inode] = true
			}
		}
	}
	return found
}

// groupMembers returns the pids of a process group.
func groupMembers(pgid int) []string {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	return slices.DeleteFunc(names, func(name string) bool {
		pid, err := strconv.Atoi(name)
		if err != nil {
			return true
		}
		group, err := syscall.Getpgid(pid)
		return err != nil || group != pgid
	})
}
