package socket

import (
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// TestPrivateDescriptors closes a descriptor in one thread and uses it in
// another.
func TestPrivateDescriptors(t *testing.T) {
	t.Parallel()
	unshare := func() error { return unix.Unshare(unix.CLONE_FILES) }
	for name, part := range map[string]func() error{"unshare": unshare, "close_range": copyTable} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := os.Open("/proc/self/status")
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			parted := make(chan error)
			go func() {
				runtime.LockOSThread() // never unlocked: the thread ends with us
				err := part()
				if err == nil {
					err = unix.Close(int(file.Fd()))
				}
				parted <- err
			}()
			if err := <-parted; err == unix.EPERM || err == unix.ENOSYS {
				t.Skipf("not possible here: %v", err)
			} else if err != nil {
				t.Fatal(err)
			}
			if _, err := file.Read(make([]byte, 1)); err != nil {
				t.Errorf("closing in one thread closed it in the other: %v", err)
			}
		})
	}
}
