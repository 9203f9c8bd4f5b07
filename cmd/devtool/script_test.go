package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/calendsync/devtool/internal/devtooltest"
	"github.com/calendsync/devtool/internal/process"
)

func TestMain(m *testing.M) {
	if code, handled := process.Main(os.Args[1:]); handled {
		os.Exit(code)
	}
	testscript.Main(m, map[string]func(){
		"devtool": main,
		"hold":    holdPort,
	})
}

// holdPort listens on a free port, writes its number to a file, and waits to
// be killed.
func holdPort() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	port := fmt.Sprint(ln.Addr().(*net.TCPAddr).Port)
	if err := os.WriteFile(os.Args[1]+".new", []byte(port), 0o600); err != nil {
		panic(err)
	}
	if err := os.Rename(os.Args[1]+".new", os.Args[1]); err != nil {
		panic(err)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	<-ctx.Done()
}

// TestScripts runs the command lines of testdata/script. A script is a file
// tree and commands; see the documentation of testscript.
func TestScripts(t *testing.T) {
	t.Parallel()
	goEnv := map[string]string{}
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOROOT"} {
		goEnv[name] = devtooltest.GoEnv(t, name)
	}
	home := t.TempDir() // not in the project, where the go command's files would be changes
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			for name, value := range goEnv {
				e.Setenv(name, value)
			}
			e.Setenv("GOFLAGS", "-buildvcs=false")
			e.Setenv("HOME", home)
			e.Setenv("PORT", "")
			e.Setenv("CI", "")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"waitfor": waitFor,
			"fetch":   fetch("*/*"),
			"page":    fetch("text/html"),
			"edit":    edit,
			"portenv": portEnv,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// poll calls try until it is true, or the script fails.
func poll(ts *testscript.TestScript, what string, try func() bool) {
	for deadline := time.Now().Add(devtooltest.Patience); !try(); {
		if time.Now().After(deadline) {
			ts.Fatalf("waited %v in vain for %s", devtooltest.Patience, what)
		}
		time.Sleep(10 * time.Millisecond) // the other side is a process that cannot call us
	}
}

// waitFor FILE REGEXP waits until a line of a file matches.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: waitfor file regexp")
	}
	re, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	poll(ts, fmt.Sprintf("%q in %s", args[1], args[0]), func() bool {
		data, err := os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && re.Match(data)
	})
}

// fetch URL REGEXP asks, as a program does, until status and answer match;
// page does so as a browser that navigates.
func fetch(accept string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 2 {
			ts.Fatalf("usage: fetch url regexp")
		}
		re, err := regexp.Compile(args[1])
		ts.Check(err)
		req, err := http.NewRequest(http.MethodGet, args[0], nil)
		ts.Check(err)
		req.Header.Set("Accept", accept)
		var last string
		defer func() { ts.Logf("%s answers: %s", args[0], last) }()
		poll(ts, fmt.Sprintf("%q from %s", args[1], args[0]), func() bool {
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				last = err.Error()
				return false
			}
			defer res.Body.Close()
			body, _ := io.ReadAll(res.Body)
			last = fmt.Sprintf("%d %s", res.StatusCode, body)
			return re.MatchString(last)
		})
	}
}

// edit FILE OLD NEW replaces the only occurrence of a text in a file.
func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit file old new")
	}
	file := ts.MkAbs(args[0])
	data, err := os.ReadFile(file)
	ts.Check(err)
	if n := strings.Count(string(data), args[1]); n != 1 {
		ts.Fatalf("%s has %q %d times, want once", args[0], args[1], n)
	}
	ts.Check(os.WriteFile(file, []byte(strings.Replace(string(data), args[1], args[2], 1)), 0o600))
}

// portenv NAME [FILE] sets a variable to a free port, or to the one in a file
// that is still to be written.
func portEnv(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 2 {
		poll(ts, args[1], func() bool {
			data, err := os.ReadFile(ts.MkAbs(args[1]))
			ts.Setenv(args[0], string(data))
			return err == nil
		})
		return
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer ln.Close()
	ts.Setenv(args[0], fmt.Sprint(ln.Addr().(*net.TCPAddr).Port))
}
