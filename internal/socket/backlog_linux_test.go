package socket

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestBacklog reads the limit back from the kernel.
func TestBacklog(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("/proc/sys/net/core/somaxconn")
	if err != nil {
		t.Skip(err)
	}
	most, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		t.Fatal(err)
	}
	for backlog, want := range map[int]int{0: most, 7: 7, most + 1: most} {
		set := mustOpen(t, backlog, "tcp::0")
		err := control(set.Sockets[0].File, func(fd int) error {
			info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
			if err == nil && int(info.Sacked) != want { // its meaning on a listener
				t.Errorf("backlog %d: the kernel queues %d, want %d", backlog, info.Sacked, want)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
