//go:build unix

package listenfd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// TestMain lets the test binary play the server that is started with sockets.
func TestMain(m *testing.M) {
	switch role := os.Getenv("LISTENFD_TEST_ROLE"); role {
	case "":
		os.Exit(m.Run())
	case "report":
		json.NewEncoder(os.Stdout).Encode(report())
	case "raw":
		if err := useRaw(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case "http":
		if err := serveHTTP(os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		fmt.Fprintln(os.Stderr, "unknown role", role)
		os.Exit(2)
	}
}

// findings is what a child tells about the sockets it found.
type findings struct {
	Names    []string
	Skipped  []string
	Env      []string // LISTEN_* variables left
	Adopted  []string // "network address" of each index, or the error
	Again    string   // the error of taking index 0 twice
	Leaked   []int    // passed descriptors that a grandchild would inherit
	NonBlock bool     // fd 3, before it was touched
	Fallback string   // what Listen("tcp", "127.0.0.1:0") gave
}

func report() findings {
	flags, _, _ := syscall.Syscall(syscall.SYS_FCNTL, 3, syscall.F_GETFL, 0)
	files := Inherited()
	found := findings{Names: files.Names(), NonBlock: flags&syscall.O_NONBLOCK != 0}
	for _, err := range files.Skipped() {
		found.Skipped = append(found.Skipped, err.Error())
	}
	for _, entry := range os.Environ() {
		if strings.HasPrefix(entry, "LISTEN_") {
			found.Env = append(found.Env, entry)
		}
	}
	for fd := FirstFD; fd < FirstFD+files.Len(); fd++ {
		var stat syscall.Stat_t
		if syscall.Fstat(fd, &stat) == nil && !closesOnExec(fd) {
			found.Leaked = append(found.Leaked, fd)
		}
	}
	for i := range files.Len() {
		found.Adopted = append(found.Adopted, adoptAny(files, i))
	}
	if _, err := files.Listener("tcp", 0); err != nil {
		found.Again = err.Error()
	}
	ln, err := Listen("tcp", "127.0.0.1:0")
	found.Fallback = fmt.Sprint(err)
	if err == nil {
		found.Fallback = ln.Addr().String()
	}
	return found
}

func adoptAny(files *Files, i int) string {
	var errs []string
	for _, network := range []string{"tcp", "unix"} {
		ln, err := files.Listener(network, i)
		if err == nil {
			return network + " " + ln.Addr().String()
		}
		errs = append(errs, err.Error())
	}
	for _, network := range []string{"udp", "unixgram"} {
		conn, err := files.PacketConn(network, i)
		if err == nil {
			return network + " " + conn.LocalAddr().String()
		}
		errs = append(errs, err.Error())
	}
	return strings.Join(errs, "; ")
}

// useRaw writes to descriptor 3, a pipe, and gives up 4, a socket.
func useRaw() error {
	files := Inherited()
	pipe, err := files.File(0)
	if err != nil {
		return err
	}
	if !closesOnExec(FirstFD) {
		return errors.New("a raw file survives exec")
	}
	if _, err := io.WriteString(pipe, "raw"); err != nil {
		return err
	}
	if _, err := files.File(0); !errors.Is(err, ErrNone) {
		return fmt.Errorf("taking the file twice: %v", err)
	}
	if err := files.Close(); err != nil {
		return err
	}
	var stat syscall.Stat_t
	if err := syscall.Fstat(FirstFD+1, &stat); !errors.Is(err, syscall.EBADF) {
		return fmt.Errorf("close left the socket open: %v", err)
	}
	if _, err := files.Listener("tcp", 1); !errors.Is(err, ErrNone) {
		return fmt.Errorf("a listener of a closed socket: %v", err)
	}
	_, err = io.WriteString(pipe, " after close") // what was taken stays open
	return err
}

// serveHTTP is the server of the package documentation, as a program.
func serveHTTP(addr string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	ln, err := Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Println("listening on", ln.Addr())
	go func() { // the test holds the other end, and may be killed
		io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, "%d %s", os.Getpid(), body)
	})
	return Serve(ctx, &http.Server{Handler: handler}, ln)
}
