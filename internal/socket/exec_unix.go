//go:build unix

package socket

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/calendsync/devtool/listenfd"
)

// Exec turns this process into the command, with the sockets from descriptor 3
// up and the environment env. LISTEN_PID is right because the pid stays; pid
// false leaves it out, for commands that start the server as their child.
// Nothing of ours remains: no supervisor, no second process.
//
// It returns only if it failed. The descriptors from 3 up are then no longer
// what they were, so print the error and exit.
func (s *Set) Exec(argv, env []string, pid bool) error {
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return fmt.Errorf("start %s: %w", argv[0], err)
	}
	announced := 0
	if pid {
		announced = os.Getpid()
	}
	env = s.Environ(env, announced)

	// Never unlocked: from here on this thread has descriptors of its own.
	runtime.LockOSThread()
	privateDescriptors()
	if err := s.place(); err != nil {
		return fmt.Errorf("start %s: %w", argv[0], err)
	}
	err = syscall.Exec(path, argv, env)
	return fmt.Errorf("start %s: %w", path, err)
}

// place makes the sockets the descriptors 3, 4, … and lets them survive exec.
func (s *Set) place() error {
	// First out of the way: one's place may be another's present number.
	moved := make([]int, len(s.Sockets))
	for i, socket := range s.Sockets {
		err := control(socket.File, func(fd int) error {
			var err error
			moved[i], err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, listenfd.FirstFD+len(s.Sockets))
			return err
		})
		if err != nil {
			return fmt.Errorf("move socket %s: %w", socket.Spec.Name, err)
		}
	}
	for i, fd := range moved {
		if err := replace(fd, listenfd.FirstFD+i); err != nil {
			return fmt.Errorf("place socket %s: %w", s.Sockets[i].Spec.Name, err)
		}
	}
	return nil
}
