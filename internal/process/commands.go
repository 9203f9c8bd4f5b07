package process

import (
	"fmt"
	"os"
)

// The hidden commands of our own executable.
const (
	execCommand     = "__exec"
	guardianCommand = "__guardian"
)

// Main runs the hidden commands of our own executable; args is os.Args[1:]. If
// handled is true the caller exits with code, having done nothing else. As PID 1
// it becomes an init process that runs the real command as its child, because a
// zombie adopted from elsewhere cannot be told from a child that somebody still
// waits for.
func Main(args []string) (code int, handled bool) {
	if len(args) > 0 {
		switch args[0] {
		case execCommand:
			// Returns only if it failed.
			fmt.Fprintln(os.Stderr, "devtool:", execInPlace(args[1:], os.Environ()))
			return exitNotStarted, true
		case guardianCommand:
			guardianMain(os.Stdin)
			return 0, true
		}
	}
	if os.Getpid() == 1 {
		return runInit(args)
	}
	return 0, false
}

// exitNotStarted is what shells return for a command that was not found.
const exitNotStarted = 127
