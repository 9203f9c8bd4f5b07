package socket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
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
	roleAdopt = "adopt" // tell what Adopt finds
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
		listeners, port, err := ListenHosts(loopback(), 0, true)
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
		return playServe()
	case roleAdopt:
		listeners, skipped := Adopt()
		for _, ln := range listeners {
			fmt.Println("adopted", ln.Addr())
		}
		for _, err := range skipped {
			fmt.Println("skipped", err)
		}
		return nil
	default:
		return errors.New("unknown role " + role)
	}
}

func playServe() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	ln, err := listenfd.Inherited().Listener("tcp", 0)
	if err != nil {
		return err
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, os.Getpid())
	})
	return listenfd.Serve(ctx, &http.Server{Handler: handler}, ln)
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
