//go:build unix

package process

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// execInPlace replaces this process by args[0] with the arguments args[1:] and
// LISTEN_PID set to the pid, which both share: it cannot be known before the fork.
func execInPlace(args, env []string) error {
	if len(args) < 2 {
		return errors.New("__exec needs a path and argv")
	}
	env = setenv(env, listenPID, strconv.Itoa(os.Getpid()))
	err := syscall.Exec(args[0], args[1:], env)
	return fmt.Errorf("start %s: %w", args[0], err)
}
