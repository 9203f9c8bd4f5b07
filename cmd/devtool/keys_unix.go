//go:build unix

package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// backgroundPause is how long a devtool in the background leaves the terminal
// alone: what is typed there is somebody else's.
const backgroundPause = 500 * time.Millisecond

// readKeys hands every key to press until ctx ends. Keys come at once and are
// not shown (cbreak); Ctrl-C and Ctrl-Z keep their meaning. In the background
// nothing is read, nor the terminal changed: either would stop the process.
func readKeys(ctx context.Context, tty *os.File, mode *terminalMode, press func(byte)) {
	wakeR, wakeW, err := os.Pipe()
	if err != nil {
		return // devtool works without keys
	}
	defer wakeR.Close()
	stop := context.AfterFunc(ctx, func() { wakeW.Close() })
	defer stop()
	resumed := make(chan os.Signal, 1)
	signal.Notify(resumed, syscall.SIGCONT)
	defer signal.Stop(resumed)

	fd := int(tty.Fd())
	changed := false
	key := make([]byte, 1)
	for ctx.Err() == nil {
		select {
		case <-resumed: // the shell has had the terminal meanwhile
			changed = false
		default:
		}
		if !inForeground(fd) {
			changed = false
			pollRead(wakeR, nil, backgroundPause)
			continue
		}
		if !changed {
			if err := cbreak(fd, mode); err != nil {
				return
			}
			changed = true
		}
		if !pollRead(wakeR, tty, backgroundPause) || !inForeground(fd) {
			continue
		}
		if n, err := unix.Read(fd, key); err == nil && n == 1 {
			press(key[0])
		} else if err != unix.EINTR && err != unix.EAGAIN {
			return // the terminal is gone
		}
	}
}

// pollRead waits, not for ever, until tty can be read, and reports whether it can.
// Closing the other end of wake ends the wait.
func pollRead(wake, tty *os.File, most time.Duration) bool {
	fds := []unix.PollFd{{Fd: int32(wake.Fd()), Events: unix.POLLIN}}
	if tty != nil {
		fds = append(fds, unix.PollFd{Fd: int32(tty.Fd()), Events: unix.POLLIN})
	}
	n, err := unix.Poll(fds, int(most.Milliseconds()))
	return err == nil && n > 0 && tty != nil && fds[1].Revents != 0
}

func inForeground(fd int) bool {
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// cbreak changes the terminal and tells mode how to undo that.
func cbreak(fd int, mode *terminalMode) error {
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return err
	}
	changed := *before
	changed.Lflag &^= unix.ICANON | unix.ECHO
	changed.Cc[unix.VMIN], changed.Cc[unix.VTIME] = 1, 0
	mode.set(func() {
		if inForeground(fd) {
			_ = unix.IoctlSetTermios(fd, setTermios, before) // the terminal may be gone
		}
	})
	return unix.IoctlSetTermios(fd, setTermios, &changed)
}
