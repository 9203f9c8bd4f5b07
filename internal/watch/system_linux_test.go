package watch

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestSilentName(t *testing.T) {
	t.Parallel()
	tests := []struct {
		magic uint32
		want  string
	}{
		{unix.NFS_SUPER_MAGIC, "NFS"},
		{unix.CIFS_SUPER_MAGIC, "SMB"},
		{unix.SMB2_SUPER_MAGIC, "SMB"},
		{unix.V9FS_MAGIC, "9p"},
		{unix.FUSE_SUPER_MAGIC, "FUSE"},
		{0x786f4256, "VirtualBox"},
		{unix.EXT4_SUPER_MAGIC, ""},
		{unix.TMPFS_MAGIC, ""},
		{unix.BTRFS_SUPER_MAGIC, ""},
		{unix.OVERLAYFS_SUPER_MAGIC, ""},
	}
	for _, test := range tests {
		got := silentName(test.magic)
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("filesystem %#x: %q, want %q", test.magic, got, test.want)
		}
	}
}

// TestLimits runs itself in a user namespace, which has limits of its own to lower.
func TestLimits(t *testing.T) {
	t.Parallel()
	for _, limit := range []string{"max_inotify_watches", "max_inotify_instances"} {
		if inner := os.Getenv("DEVTOOL_TEST_LIMIT"); inner != "" {
			if inner == limit {
				testLimited(t, limit)
			}
			continue
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestLimits$")
		cmd.Env = append(os.Environ(), "DEVTOOL_TEST_LIMIT="+limit)
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
		if err := exec.Command("unshare", "--user", "--map-root-user", "true").Run(); err != nil {
			t.Skipf("no user namespaces here: %v", err)
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("with %s lowered: %v\n%s", limit, err, out)
		}
	}
}

func testLimited(t *testing.T, limit string) {
	allowed, sysctl := 5, "fs.inotify.max_user_watches"
	if limit == "max_inotify_instances" {
		allowed, sysctl = 0, "fs.inotify.max_user_instances"
	}
	must(t, os.WriteFile("/proc/sys/user/"+limit, fmt.Append(nil, allowed), 0o644))
	f := watching(t, func(dir string) {
		for i := range 9 {
			write(t, filepath.Join(dir, fmt.Sprintf("d%d/a.go", i)), "x")
		}
	}, func(w *Watcher) { w.open = openNotify })
	want := make(map[string]Op)
	for i := range 9 {
		write(f, f.path(fmt.Sprintf("d%d/a.go", i)), "changed")
		want[fmt.Sprintf("d%d/a.go", i)] = Modified
	}
	got := make(map[string]Op)
	for len(got) < len(want) {
		for _, c := range f.next().Changes {
			got[f.rel(c.Path)] = c.Op
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	f.told(sysctl)
	if n := len(f.said()); n != 1 {
		t.Errorf("%d notices, want one: %v", n, f.said())
	}
}

// TestOverflow stalls the reader of events until the kernel drops some.
func TestOverflow(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("/proc/sys/fs/inotify/max_queued_events")
	must(t, err)
	var queue int
	if _, err := fmt.Sscan(string(text), &queue); err != nil || queue > 1<<17 {
		t.Skipf("the queue holds %q events: too many to fill", text)
	}
	var gate sync.Mutex
	f := watching(t, func(dir string) {
		for _, name := range []string{"d/a.go", "flood0", "flood1"} {
			write(t, filepath.Join(dir, name), "x")
			age(t, filepath.Join(dir, name))
		}
	}, func(w *Watcher) {
		w.open = func(s sink) (backend, error) { return openNotify(stalling{s, &gate}) }
	})
	f.w.Follow(Following{Files: []string{f.path("d/a.go")}})
	gate.Lock()
	for i := range queue + 2*4096 { // fsnotify's own buffer holds up to 4096
		must(t, os.Chmod(f.path(fmt.Sprint("flood", i%2)), 0o644)) // equal events in a row count once
	}
	write(t, f.path("d/a.go"), "changed")
	write(t, f.path("new/e/b.go"), "new")
	gate.Unlock()
	want := map[string]Op{"d/a.go": Modified, "new/e/b.go": Created}
	got := make(map[string]Op)
	for len(got) < len(want) {
		for _, c := range f.next().Changes {
			got[f.rel(c.Path)] = c.Op
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reported (-want +got):\n%s", diff)
	}
	if s := f.w.stats(); s.Overflow == 0 || s.Rescans == 0 {
		t.Errorf("stats are %+v, want an overflow and a rescan", s)
	}
	f.told("comparing the whole tree")
}
