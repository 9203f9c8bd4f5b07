package socket

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/calendsync/devtool/listenfd"
)

// The roles of the test binary when it plays another program. Its arguments
// are those of the role.
const (
	roleVar = "SOCKET_TEST_ROLE"

	roleHold  = "hold"  // listen on a loopback port until stdin ends
	roleExec  = "exec"  // [-no-pid] SPEC… -- COMMAND…: what devtool socket does
	roleServe = "serve" // answer HTTP on the inherited socket with the pid
)

func TestMain(m *testing.M) {
	role := os.Getenv(roleVar)
	if role == "" {
		goleak.VerifyTestMain(m)
		return
	}
	os.Unsetenv(roleVar)
	if err := play(role, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func play(role string, args []string) error {
	switch role {
	case roleHold:
		listeners, port, err := ListenLoopback(0, true)
		if err != nil {
			return err
		}
		defer closeAll(listeners)
		fmt.Println(port)
		io.Copy(io.Discard, os.Stdin)
		return nil
	case roleExec:
		return playExec(args)
	case roleServe:
		ln, err := listenfd.Inherited().Listener("tcp", 0)
		if err != nil {
			return err
		}
		return http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, os.Getpid())
		}))
	default:
		return errors.New("unknown role " + role)
	}
}

// another prepares this binary to play a role.
func another(role string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "LISTEN_")
	}), roleVar+"="+role, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	return cmd
}
