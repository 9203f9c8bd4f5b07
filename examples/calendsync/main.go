// Command calendsync is a small calendar shared by everybody who has it open.
//
// It is a plain program: html/template, a JSON API, server-sent events, a
// websocket, and a file of entries. Without scripts it works with forms. Of
// whatever starts it, it knows two things: it takes a listening socket that
// was opened for it (package listenfd), and with DEV_MODE set its page ends
// in a strip about the process behind it.
//
//	go run .            http://localhost:8080, or HOST and PORT
//	go run . -dir DIR   where templates/ and web/ are
//	go run . -data FILE where the entries are kept
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/calendsync/devtool/listenfd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stderr)
	stop()
	if err == nil || err == flag.ErrHelp {
		return
	}
	fmt.Fprintf(os.Stderr, "calendsync: %v\n", err)
	os.Exit(1)
}

// run serves until ctx is done.
func run(ctx context.Context, args []string, getenv func(string) string, stderr io.Writer) error {
	flags := flag.NewFlagSet("calendsync", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("dir", ".", "`directory` of templates/ and web/")
	data := flags.String("data", "", "`file` the entries are kept in (default in the user's cache directory)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	path, err := dataFile(*data)
	if err != nil {
		return err
	}
	store, err := openStore(path, time.Now())
	if err != nil {
		return err
	}
	a, err := newApp(ctx, store, *dir, getenv)
	if err != nil {
		return err
	}

	ln, err := listenfd.Listen("tcp", net.JoinHostPort(cmp.Or(getenv("HOST"), "localhost"), cmp.Or(getenv("PORT"), "8080")))
	if err != nil {
		return err
	}
	logger := log.New(stderr, "calendsync: ", 0)
	logger.Printf("entries are kept in %s", path)
	if !a.dev { // whoever set DEV_MODE knows the address people use
		logger.Printf("open http://%s", ln.Addr())
	}
	srv := &http.Server{Handler: a.handler(), ReadHeaderTimeout: 10 * time.Second, ErrorLog: logger}
	err = listenfd.Serve(ctx, srv, ln)
	a.presence.wait()
	return err
}

func dataFile(chosen string) (string, error) {
	if chosen != "" {
		return chosen, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place for the entries: %w; choose a file with -data", err)
	}
	return filepath.Join(cache, "calendsync", "data.json"), nil
}
