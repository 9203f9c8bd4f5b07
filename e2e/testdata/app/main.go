// Command app serves a little of everything that a replacement could break. It
// makes no effort to stop gracefully: what is lost is lost by devtool. Its
// habits are words, each a way in which apps go wrong.
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/calendsync/devtool/listenfd"
)

func has(habit string) bool {
	return slices.Contains(strings.Fields(habits+" "+os.Getenv("HABITS")), habit)
}

// data is a file for the test's eyes.
func data(name string) string { return filepath.Join(os.Getenv("DATA"), name) }

func main() {
	log.SetFlags(0)
	log.Printf("version %s starts as %d", version, os.Getpid())
	if has("lock") {
		lock()
	}
	if has("deaf") {
		signal.Ignore(syscall.SIGTERM)
	}
	if has("polite") {
		go polite()
	}
	if has("child") {
		startChild()
	}
	switch {
	case has("exit"):
		log.Print("no database")
		os.Exit(1)
	case has("done"):
		os.Exit(0)
	case has("panic"):
		panic("no more")
	case has("mute"):
		select {}
	case has("silent"):
		os.Stdout.Close()
		os.Stderr.Close()
	case has("echo"):
		go echo()
	}
	if has("wait") {
		log.Print("waits")
		for !exists(data("go")) {
			time.Sleep(time.Millisecond)
		}
	}
	ln := listen()
	srv := &http.Server{Handler: handler()}
	if has("hasty") { // closes connections that devtool may be about to use
		srv.IdleTimeout = 5 * time.Millisecond
	}
	log.Fatal(srv.Serve(ln))
}

func listen() net.Listener {
	addr := net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT"))
	var ln net.Listener
	var err error
	switch {
	case has("own-port"):
		ln, err = net.Listen("tcp", "127.0.0.1:0")
	case has("public-port"):
		ln, err = net.Listen("tcp", strings.Replace(strings.TrimPrefix(os.Getenv("DEVTOOL_URL"), "http://"), "localhost", "127.0.0.1", 1))
	case has("strict-port"): // as servers without SO_REUSEADDR do
		ln, err = (&net.ListenConfig{Control: exclusive}).Listen(context.Background(), "tcp", addr)
	case has("port"):
		ln, err = net.Listen("tcp", addr)
	default:
		ln, err = listenfd.Listen("tcp", addr)
	}
	if err != nil {
		log.Fatal(err)
	}
	return ln
}

func exclusive(_, _ string, conn syscall.RawConn) (err error) {
	if failed := conn.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 0)
	}); failed != nil {
		return failed
	}
	return err
}

// polite says goodbye when it is asked to go.
func polite() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	<-asked
	log.Print("goodbye")
	record("goodbye", version)
	os.Exit(0)
}

// lock is held as SQLite and bolt hold theirs: as long as the process lives.
func lock() {
	f, err := os.OpenFile(data("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		log.Fatalf("the database is locked: %v", err)
	}
	locked = f
}

// locked must stay reachable: the collector would close it.
var locked *os.File

// startChild leaves a process that ignores SIGTERM and keeps our output open.
func startChild() {
	cmd := exec.Command("sh", "-c", `trap "" TERM; while :; do sleep 1000; done`)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
	log.Printf("child %d", cmd.Process.Pid)
}

func echo() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		log.Printf("%s heard %s", version, lines.Text())
	}
	log.Printf("%s heard the end", version)
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// record adds a line to a file that all generations share.
func record(name, line string) {
	f, err := os.OpenFile(data(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	fmt.Fprintln(f, line)
}
